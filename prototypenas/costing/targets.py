"""The catalogue of microcontrollers, and how users add theirs in a file of the same form."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from prototypenas.errors import ConfigurationError
from prototypenas.types import Budget, Target

_REQUIRED = ("description", "core", "clock_hz")
_SIZES = ("clock_hz", "ram_bytes", "rom_bytes")
_LIMITS = ("ram_bytes", "rom_bytes", "flops")
_KEYS = {*_REQUIRED, "ram_bytes", "rom_bytes", "active_power_mw", "sources", "budget"}


def load_targets(extra: Sequence[Path] = ()) -> Mapping[str, Target]:
    """Return the shipped targets and those of `extra` files; a later file wins over a name given before.

    Raises:
        ConfigurationError: for a file that is missing or not TOML, or a key that is missing, unknown or of the wrong
            kind; names the file and the key.
    """
    targets = dict(_shipped())
    for path in extra:
        targets.update(_read(path))
    return MappingProxyType(targets)


def limited_by_memory(target: Target) -> Target:
    """Return the target with the memory that it has as limit of RAM and ROM, where its budget has none."""
    budget = target.budget
    ram = target.ram_bytes if budget.ram_bytes is None else budget.ram_bytes
    rom = target.rom_bytes if budget.rom_bytes is None else budget.rom_bytes
    return replace(target, budget=replace(budget, ram_bytes=ram, rom_bytes=rom))


def parse_targets(text: str, origin: str) -> dict[str, Target]:
    """Read targets from TOML; `origin` names the file in errors.

    Raises:
        ConfigurationError: as `load_targets`.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{origin}: not valid TOML: {error}") from error
    return {name: _target(name, table, f"{origin}: [{name}]") for name, table in tables.items()}


@cache
def _shipped() -> Mapping[str, Target]:
    text = resources.files("prototypenas.costing").joinpath("targets.toml").read_text(encoding="utf-8")
    return MappingProxyType(parse_targets(text, "targets.toml"))


def _read(path: Path) -> dict[str, Target]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    return parse_targets(text, str(path))


def _target(name: str, table: object, place: str) -> Target:
    if not isinstance(table, dict):
        raise ConfigurationError(f"{place} is not a table; a target is a table with {', '.join(_REQUIRED)}")
    _check_keys(table, _KEYS, place)
    for key in _REQUIRED:
        if key not in table:
            raise ConfigurationError(f"{place} has no {key}; required are {', '.join(_REQUIRED)}")
    budget = table.get("budget", {})
    if not isinstance(budget, dict):
        raise ConfigurationError(f"{place}.budget is not a table of {', '.join(_LIMITS)}")
    _check_keys(budget, set(_LIMITS), f"{place}.budget")
    sizes = {key: _positive_whole(table, key, place) for key in _SIZES}
    target = Target(
        name=name,
        description=_text(table, "description", place),
        core=_text(table, "core", place),
        clock_hz=sizes["clock_hz"] or 0,
        ram_bytes=sizes["ram_bytes"],
        rom_bytes=sizes["rom_bytes"],
        budget=_budget(budget, sizes, f"{place}.budget"),
        active_power_mw=_power(table, place),
        sources=_sources(table, place),
    )
    return limited_by_memory(target)


def _budget(table: Mapping[str, Any], sizes: Mapping[str, int | None], place: str) -> Budget:
    """Read the limits, none of which may be above the memory that the microcontroller has."""
    limits = {key: _positive_whole(table, key, place) for key in _LIMITS}
    for key in ("ram_bytes", "rom_bytes"):
        owned, limit = sizes[key], limits[key]
        if limit is not None and owned is not None and limit > owned:
            raise ConfigurationError(f"{place}.{key} is {limit}, but the microcontroller has {owned}")
    return Budget(limits["ram_bytes"], limits["rom_bytes"], limits["flops"])


def _check_keys(table: Mapping[str, Any], known: set[str], place: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise ConfigurationError(f"{place} has unknown key {unknown[0]}; known are {', '.join(sorted(known))}")


def _positive_whole(table: Mapping[str, Any], key: str, place: str) -> int | None:
    value = table.get(key)
    if value is not None and (type(value) is not int or value <= 0):
        raise ConfigurationError(f"{place}.{key} is {value!r}; it must be a positive whole number")
    return value


def _text(table: Mapping[str, Any], key: str, place: str) -> str:
    value = table[key]
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{place}.{key} is {value!r}; it must be text")
    return value


def _power(table: Mapping[str, Any], place: str) -> float | None:
    value = table.get("active_power_mw")
    if value is not None and (type(value) not in (int, float) or not 0 < value < float("inf")):
        raise ConfigurationError(f"{place}.active_power_mw is {value!r}; it must be a positive number of milliwatts")
    return None if value is None else float(value)


def _sources(table: Mapping[str, Any], place: str) -> tuple[str, ...]:
    value = table.get("sources", [])
    if not isinstance(value, list) or not all(isinstance(source, str) for source in value):
        raise ConfigurationError(f"{place}.sources is {value!r}; it must be a list of texts")
    return tuple(value)
