"""The search space as the user narrows it."""

import math
import re
from collections.abc import Iterable, Mapping

from prototypenas.app.arguments import parse_names
from prototypenas.app.settings import SearchSettings
from prototypenas.choices import shortened
from prototypenas.errors import ConfigurationError
from prototypenas.exploration.space import SearchSpace
from prototypenas.types import GROUPS

DEPTHS, STRIDES = (1, 2, 3, 4, 5), (1, 2)
WIDTH, SPARSITY = (0.1, 1.5), (0.0, 0.9)
"""The paper's (Table 1)."""

WIDEST, SPARSEST, DEEPEST = 8.0, 0.99, 20
"""What may be searched at most."""

LARGEST_KERNEL = 99

FIXED = {
    "width": (0.01, WIDEST),
    "depth": (1, DEEPEST),
    "kernel": (1, LARGEST_KERNEL),
    "stride": (1, 2),
    "sparsity": (0.0, SPARSEST),
}
"""Least and greatest of a value that is fixed, by the end of its name."""


def narrowed_space(
    architectures: Iterable[str], kernels: Mapping[str, tuple[int, ...]], settings: SearchSettings
) -> SearchSpace:
    """Return the paper's space, narrowed to what the settings say.

    Raises:
        ConfigurationError: for a value that is no number or not allowed, or kernels that an architecture has none of.
    """
    names = tuple(architectures)
    fixed = parse_fixed(settings.fix)
    width = parse_span("widths", settings.widths, WIDTH, 0.01, WIDEST)
    sparsity = parse_span("sparsities", settings.sparsities, SPARSITY, 0.0, SPARSEST)
    if width[0] == width[1]:
        fixed, width = {"width": width[0], **fixed}, WIDTH
    if sparsity[0] == sparsity[1]:
        fixed, sparsity = {**{f"group{g}_sparsity": sparsity[0] for g in range(1, GROUPS + 1)}, **fixed}, SPARSITY
    return SearchSpace(
        names,
        _chosen_kernels(names, kernels, parse_choices("kernels", settings.kernels, (), 1, LARGEST_KERNEL)),
        depths=parse_choices("depths", settings.depths, DEPTHS, 1, DEEPEST),
        strides=parse_choices("strides", settings.strides, STRIDES, 1, 2),
        width=width,
        sparsity=sparsity,
        fixed=fixed,
    )


def parse_choices(name: str, text: str, default: tuple[int, ...], least: int, most: int) -> tuple[int, ...]:
    """Read `1,2,5` or `1-3` as ascending whole numbers; nothing is the default.

    Raises:
        ConfigurationError: for anything else, or a number that is not allowed.
    """
    numbers: set[int] = set()
    for part in parse_names(text):
        match = re.fullmatch(r"([0-9]{1,3})(?:-([0-9]{1,3}))?", part)
        if match is None or not least <= int(match[1]) <= int(match[2] or match[1]) <= most:
            raise _refused(name, text, f"whole numbers from {least} to {most}, as 1,2 or 1-3")
        numbers |= set(range(int(match[1]), int(match[2] or match[1]) + 1))
    return tuple(sorted(numbers)) or default


def parse_span(name: str, text: str, default: tuple[float, float], least: float, most: float) -> tuple[float, float]:
    """Read `0.25-1.0` as a range, `0.5` as one that is a single value; nothing is the default.

    Raises:
        ConfigurationError: for anything else, or a number that is not allowed.
    """
    if not text.strip():
        return default
    first, dash, last = text.partition("-")
    try:
        low, high = float(first), float(last if dash else first)
    except ValueError as error:
        raise _refused(name, text, "a range as 0.25-1.0, or one number") from error
    if not least <= low <= high <= most:
        raise _refused(name, text, f"a rising range within {least:g}-{most:g}, or one number of it")
    return low, high


def parse_fixed(text: str) -> dict[str, float]:
    """Read `group1_stride=2,width=0.5` as names and values.

    Raises:
        ConfigurationError: for a part without a number, or one out of reason; unknown names are refused by the space.
    """
    fixed = {}
    for part in parse_names(text):
        name, _, value = (word.strip() for word in part.partition("="))
        try:
            fixed[name] = float(value)
        except ValueError as error:
            raise _refused("fix", text, "names and numbers, as group1_stride=2,width=0.5") from error
        kind = name.rpartition("_")[2]
        least, most = FIXED.get(kind, (-math.inf, math.inf))
        whole = "whole " if kind in ("depth", "kernel", "stride") else ""
        if not least <= fixed[name] <= most or (whole and not fixed[name].is_integer()):
            raise _refused(shortened(name), value, f"a {whole}number from {least:g} to {most:g}")
    return fixed


def _chosen_kernels(
    names: tuple[str, ...], kernels: Mapping[str, tuple[int, ...]], wanted: tuple[int, ...]
) -> dict[str, tuple[int, ...]]:
    chosen = {name: tuple(k for k in kernels[name] if not wanted or k in wanted) for name in names}
    for name, left in chosen.items():
        if not left:
            raise ConfigurationError(
                f"{name} offers kernels {', '.join(map(str, kernels[name]))}, none of those asked for"
            )
    return chosen


def _refused(name: str, text: str, allowed: str) -> ConfigurationError:
    return ConfigurationError(f"{name} is {shortened(text)!r}; give {allowed}")
