"""Find out a foreign package that hides one of ours; their names are common."""

from importlib.machinery import PathFinder
from pathlib import Path

import prototypenas
from prototypenas.errors import PluginError

OURS = ("search_spaces", "proxies", "evaluators")


def refuse_hidden_packages() -> None:
    """See that each of our packages is the one that Python would import.

    Raises:
        PluginError: if another package of that name comes first; the message says where it lies and what to do.
    """
    home = Path(prototypenas.__file__).resolve().parent.parent
    for name in OURS:
        found = PathFinder.find_spec(name)
        place = Path(found.origin).resolve() if found is not None and found.origin else None
        if place != home / name / "__init__.py":
            raise PluginError(
                f"{place or 'nothing'} is imported as {name!r} instead of {home / name}; start from another folder, "
                "or rename that package"
            )
