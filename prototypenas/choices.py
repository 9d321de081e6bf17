"""Looking a name up, with the near matches in the error."""

import difflib
from collections.abc import Mapping
from typing import TypeVar

from prototypenas.errors import ConfigurationError

Value = TypeVar("Value")


def choose(kind: str, name: str, options: Mapping[str, Value]) -> Value:
    """Return the option of that name.

    Raises:
        ConfigurationError: if there is none; the message names near matches, or all options.
    """
    if name in options:
        return options[name]
    near = difflib.get_close_matches(shortened(name), options, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(sorted(options))}"
    raise ConfigurationError(f"unknown {kind} {shortened(name)!r}; {hint}")


def choose_all(kind: str, names: tuple[str, ...], options: Mapping[str, Value]) -> dict[str, Value]:
    """Return the options of those names, in their order.

    Raises:
        ConfigurationError: if a name is unknown, repeated, or there is none at all.
    """
    if not names:
        raise ConfigurationError(f"no {kind} given; known: {', '.join(sorted(options))}")
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ConfigurationError(f"{kind} {', '.join(sorted(repeated))} given more than once")
    return {name: choose(kind, name, options) for name in names}


def shortened(text: str, most: int = 60) -> str:
    """Return the text, cut after `most` characters, for a message."""
    return text if len(text) <= most else f"{text[:most]}..."
