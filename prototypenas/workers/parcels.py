"""Work on its way to another process: the plug-ins are loaded first, for the work may refer to what they define."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prototypenas.errors import ConfigurationError
from prototypenas.plugins import PluginSource, load_all


@dataclass(frozen=True)
class Parcel:
    """Pickled work, and the plug-ins it needs."""

    plugins: tuple[PluginSource, ...]
    pickled: bytes

    def open(self) -> Any:
        """Load the plug-ins, then the work."""
        load_all(self.plugins)
        return pickle.loads(self.pickled)


def packed(content: object, plugins: Sequence[PluginSource], *, what: str) -> Parcel:
    """Pack work; `what` names it in an error.

    Raises:
        ConfigurationError: if something in it does not pickle, as a lambda does not.
    """
    try:
        return Parcel(tuple(plugins), pickle.dumps(content))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ConfigurationError(
            f"{what} cannot be sent to worker processes: {error}; "
            "proxies and baselines are functions of a module, or frozen dataclasses"
        ) from error
