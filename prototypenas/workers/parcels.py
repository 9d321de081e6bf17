"""Work on its way to another process: the plug-ins are loaded first, for the work may refer to what they define.

PyTorch comes with the work, if the work needs it: a worker that does not starts twenty times as fast.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import spawn
from typing import TYPE_CHECKING, Any

from prototypenas.errors import ConfigurationError

if TYPE_CHECKING:
    from prototypenas.plugins import PluginSource

WORKER_MARK = "PROTOTYPENAS_WORKER"
"""Environment variable that is set in every worker process."""


@dataclass(frozen=True)
class Parcel:
    """Pickled work, and what must be known before it can be opened."""

    plugins: tuple[PluginSource, ...]
    pickled: bytes
    main: Mapping[str, Any] = field(default_factory=dict)
    """How to import the script that was started, where the work refers to something in it."""

    def open(self) -> Any:
        """Load the script and the plug-ins, then the work."""
        if self.main:
            spawn.prepare(dict(self.main))
        if self.plugins:
            from prototypenas.plugins import load_all  # noqa: PLC0415

            load_all(self.plugins)
        return pickle.loads(self.pickled)


def packed(work: object, plugins: Sequence[PluginSource]) -> Parcel:
    """Pack work for other processes.

    Raises:
        ConfigurationError: if something in it does not pickle, as a lambda does not, or was defined in a notebook; or
            in a worker that imports a script without a main guard.
    """
    if WORKER_MARK in os.environ:
        raise ConfigurationError(
            "a script that defines parts of its own is imported by every worker process, and this one starts the whole "
            "work again; put the call below `if __name__ == '__main__':`, or work in one process"
        )
    try:
        pickled = pickle.dumps(work)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ConfigurationError(
            f"the work cannot be sent to worker processes: {error}; use functions of a module and frozen dataclasses "
            "for proxies, networks and data, or work in one process"
        ) from error
    return Parcel(tuple(plugins), pickled, _main() if b"__main__" in pickled else {})


def _main() -> Mapping[str, Any]:
    content = {name: value for name, value in spawn.get_preparation_data("worker").items() if "init_main" in name}
    if not content:
        raise ConfigurationError(
            "worker processes cannot know what was defined in a notebook or an interactive session; put it into a "
            "module, or work in one process"
        )
    return content
