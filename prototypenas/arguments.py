"""Values as they are typed on the command line, turned into ours or refused with what is allowed."""

import re

from prototypenas.errors import ConfigurationError
from prototypenas.types import InputShape

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "kib": 2**10, "mib": 2**20}


def parse_input_shape(text: str) -> InputShape:
    """Read `3x128x128` as `(C, H, W)`, `6x512` as `(C, T)`.

    Raises:
        ConfigurationError: for anything but two or three positive numbers.
    """
    parts = text.lower().split("x")
    if len(parts) not in (2, 3) or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise ConfigurationError(f"input {text!r}; give CxHxW for images (3x128x128) or CxT for series (6x512)")
    return tuple(int(part) for part in parts)


def parse_keep(text: str) -> int | tuple[int, int]:
    """Read `3` as a number of models to keep, `3-5` as a range.

    Raises:
        ConfigurationError: for anything else, below 1, or an empty range.
    """
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text.strip())
    if match is None:
        raise ConfigurationError(f"keep is {text!r}; give a number (3) or a range (3-5)")
    least, most = int(match[1]), int(match[2] or match[1])
    if least < 1 or most < least:
        raise ConfigurationError(f"keep is {text!r}; at least 1, and the first number not above the second")
    return least if match[2] is None else (least, most)


def parse_amount(name: str, text: str) -> int:
    """Read `320KiB`, `1MiB`, `250M` or a plain number of bytes or FLOPs.

    Raises:
        ConfigurationError: for anything else.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text.strip().lower())
    if match is None or match[2].removesuffix("b") not in {unit.removesuffix("b") for unit in UNITS}:
        raise ConfigurationError(f"{name} is {text!r}; give a number, or one with KiB, MiB, k, M or G (320KiB, 250M)")
    unit = match[2] if match[2] in UNITS else match[2].removesuffix("b")
    return int(float(match[1]) * UNITS[unit])


def parse_names(text: str) -> tuple[str, ...]:
    """Read `meco, zico` as names."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
