"""Plain JSON values of a run's files as frozen dataclasses, each value checked against its field's type."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from prototypenas.errors import RunDirectoryError
from prototypenas.objectives import Limit, Objective

Record = TypeVar("Record")

Arguments = Mapping[str, Any]
"""What the user asked of one step: names to plain JSON values."""


@dataclass(frozen=True)
class ExplorationRecord:
    """What later steps need to know of an exploration's arguments."""

    target: str
    core: str
    clock_hz: int
    input_shape: tuple[int, ...]
    num_classes: int
    ram_limit: int | None
    rom_limit: int | None
    flops_limit: int | None
    more_limits: tuple[Limit, ...]
    objectives: tuple[Objective, ...]
    execution: str


@dataclass(frozen=True)
class SelectionRecord:
    """A selection as `selection.json` keeps it: what was asked for and what was chosen, written together."""

    keep: int | tuple[int, ...]
    space: str
    seed: int
    leader: bool
    solver: str
    explored: int
    """Candidates that were chosen from."""
    refined: bool
    """Whether they were refined, and chosen by their estimates."""
    chosen: tuple[int, ...]
    """Their numbers."""
    coverage: float
    upper_bound: float
    verdict: str
    hypervolume: float
    front_hypervolume: float
    note: str


def record_of(kind: type[Record], content: Arguments, where: str) -> Record:
    """Build a dataclass from the values of its fields; other values are left alone.

    Raises:
        RunDirectoryError: if a value is missing or of another type; the message names it and `where`.
    """
    hints = get_type_hints(kind)
    values = {}
    for item in fields(kind):  # type: ignore[arg-type]
        try:
            values[item.name] = _of_type(hints[item.name], content[item.name])
        except (KeyError, TypeError) as error:
            raise RunDirectoryError(
                f"{where} does not say {item.name!r} as it should; restore it, or start again with another --out"
            ) from error
    return kind(**values)


def plain(record: object) -> dict[str, Any]:
    """Return a dataclass as the JSON values that `record_of` reads."""
    return {item.name: _plain(getattr(record, item.name)) for item in fields(record)}  # type: ignore[arg-type]


def differences(recorded: Arguments, wanted: Arguments) -> str:
    """Name every argument that is not as it was, with both values; empty where all are."""
    return "; ".join(
        f"{name} was {recorded.get(name)!r}, now {wanted.get(name)!r}"
        for name in sorted({*recorded, *wanted})
        if recorded.get(name) != wanted.get(name)
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return plain(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _of_type(hint: Any, value: Any) -> Any:
    """Return a JSON value as the type says; raise `TypeError` where it is something else."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _of_one_type(get_args(hint), value)
    if origin in (list, tuple):
        if not isinstance(value, list):
            raise TypeError(value)
        return origin(_of_type(get_args(hint)[0], one) for one in value)
    if is_dataclass(hint) and isinstance(hint, type) and isinstance(value, dict):
        hints = get_type_hints(hint)
        return hint(**{item.name: _of_type(hints[item.name], value.get(item.name)) for item in fields(hint)})
    if isinstance(hint, type) and issubclass(hint, Enum) and value in {member.value for member in hint}:
        return hint(value)
    if origin is dict and isinstance(value, dict):
        return {name: _of_type(get_args(hint)[1], one) for name, one in value.items()}
    if hint is Path and isinstance(value, str):
        return Path(value)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise TypeError(value)
    return value


def _of_one_type(hints: tuple[Any, ...], value: Any) -> Any:
    if value is None and NoneType in hints:
        return None
    for hint in hints:
        try:
            return _of_type(hint, value)
        except TypeError:
            continue
    raise TypeError(value)
