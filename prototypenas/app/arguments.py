"""Values as they are typed on the command line, turned into ours or refused with what is allowed."""

import math
import re

from prototypenas.choices import shortened
from prototypenas.errors import ConfigurationError
from prototypenas.types import GROUPS, Configuration, GroupConfiguration, InputShape

MOST_DIGITS = 18
"""Longest whole number that is read; longer ones are typing errors, and cost time without end."""

LONGEST_SIZE = 10_000
"""Largest channels, height, width or length of an input."""

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "kib": 2**10, "mib": 2**20}


def parse_input_shape(text: str) -> InputShape:
    """Read `3x128x128` as `(C, H, W)`, `6x512` as `(C, T)`.

    Raises:
        ConfigurationError: for anything but two or three positive numbers.
    """
    parts = text.lower().split("x")
    if len(parts) not in (2, 3) or not all(_is_whole(part) and 0 < int(part) <= LONGEST_SIZE for part in parts):
        raise ConfigurationError(
            f"input {shortened(text)!r}; give CxHxW for images (3x128x128) or CxT for series (6x512), "
            f"each from 1 to {LONGEST_SIZE}"
        )
    return tuple(int(part) for part in parts)


def parse_keep(text: str) -> int | tuple[int, int]:
    """Read `3` as a number of models to keep, `3-5` as a range.

    Raises:
        ConfigurationError: for anything else, below 1, or an empty range.
    """
    match = re.fullmatch(r"([0-9]{1,6})(?:-([0-9]{1,6}))?", text.strip())
    if match is None:
        raise ConfigurationError(f"keep is {shortened(text)!r}; give a number (3) or a range (3-5)")
    least, most = int(match[1]), int(match[2] or match[1])
    if least < 1 or most < least:
        raise ConfigurationError(f"keep is {text!r}; at least 1, and the first number not above the second")
    return least if match[2] is None else (least, most)


def parse_amount(name: str, text: str) -> int:
    """Read `320KiB`, `1MiB`, `250M` or a plain number of bytes or FLOPs.

    Raises:
        ConfigurationError: for anything else.
    """
    match = re.fullmatch(rf"([0-9]{{1,{MOST_DIGITS}}}(?:\.[0-9]{{1,9}})?)\s*([a-z]*)", text.strip().lower())
    if match is None or match[2].removesuffix("b") not in {unit.removesuffix("b") for unit in UNITS}:
        raise ConfigurationError(
            f"{name} is {shortened(text)!r}; give a number, or one with KiB, MiB, k, M or G (320KiB, 250M)"
        )
    unit = match[2] if match[2] in UNITS else match[2].removesuffix("b")
    return int(float(match[1]) * UNITS[unit])


def parse_minutes(text: str) -> float:
    """Read `10m`, `90s`, `1.5h` or a plain number of minutes as minutes.

    Raises:
        ConfigurationError: for anything else, or nothing above 0.
    """
    match = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,9})?)\s*([smh]?)", text.strip().lower())
    minutes = float(match[1]) * {"s": 1 / 60, "m": 1.0, "": 1.0, "h": 60.0}[match[2]] if match else 0.0
    if minutes <= 0:
        raise ConfigurationError(
            f"{shortened(text)!r} is no time of refinement; give minutes above 0, as in 10, 10m, 90s or 1h"
        )
    return minutes


def parse_names(text: str) -> tuple[str, ...]:
    """Read `meco, zico` as names."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def parse_range(text: str) -> tuple[float, float]:
    """Read `0:1` as the least and the greatest value.

    Raises:
        ConfigurationError: for anything but two finite numbers, the second above the first.
    """
    try:
        low, high = map(float, text.split(":"))
    except ValueError:
        low, high = math.nan, math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ConfigurationError(f"value range is {text!r}; give the values for black and white, as in 0:1")
    return low, high


CONFIGURATION_FORM = "width=1.0 depths=1,2,3,1 kernels=3,3,5,3 strides=2,2,2,1 sparsities=0,0,0.2,0.5"
"""What a configuration looks like on the command line; what is left out is 1.0, 1, 3, 1 and 0."""


def parse_configuration(architecture: str, text: str) -> Configuration:
    """Read a configuration in the form of `CONFIGURATION_FORM`.

    Raises:
        ConfigurationError: for an unknown name, a wrong count, or a value that is not allowed.
    """
    given = dict(part.partition("=")[::2] for part in text.split())
    unknown = sorted(set(given) - {"width", "depths", "kernels", "strides", "sparsities"})
    if unknown:
        raise ConfigurationError(
            f"{shortened(unknown[0])!r} is no part of a configuration; write {CONFIGURATION_FORM!r}"
        )
    depths, kernels, strides = (
        _numbers(name, given.get(name, default))
        for name, default in (("depths", "1"), ("kernels", "3"), ("strides", "1"))
    )
    sparsities = _numbers("sparsities", given.get("sparsities", "0"))
    groups = tuple(
        GroupConfiguration(int(depth), int(kernel), int(stride), sparsity)
        for depth, kernel, stride, sparsity in zip(depths, kernels, strides, sparsities, strict=True)
    )
    return Configuration(architecture, _numbers("width", given.get("width", "1.0"))[0], groups)


def write_configuration(configuration: Configuration) -> str:
    """Write a configuration as `parse_configuration` reads it."""
    groups = configuration.groups
    lists: dict[str, list[float]] = {
        "depths": [group.depth for group in groups],
        "kernels": [group.kernel for group in groups],
        "strides": [group.stride for group in groups],
        "sparsities": [group.sparsity for group in groups],
    }
    written = " ".join(f"{name}={','.join(f'{value:g}' for value in values)}" for name, values in lists.items())
    return f"width={configuration.width:g} {written}"


def _numbers(name: str, text: str) -> list[float]:
    """Read one number for each group, or one for all."""
    parts = text.split(",")
    if len(parts) == 1:
        parts *= GROUPS
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != GROUPS or not all(math.isfinite(number) for number in numbers):
        raise ConfigurationError(f"{name} is {shortened(text)!r}; give one number, or {GROUPS} with commas between")
    if name in ("depths", "kernels", "strides") and any(number != int(number) for number in numbers):
        raise ConfigurationError(f"{name} is {shortened(text)!r}; whole numbers are needed")
    return numbers


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
