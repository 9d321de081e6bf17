"""Labelled series in one table or one UEA `.ts` file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from prototypenas.errors import DatasetError

RESERVED = ("series", "label", "group", "split")
"""Columns with a meaning; every other one is a channel (long form) or a time step (wide form)."""


@dataclass(frozen=True, eq=False)
class LabelledSeries:
    """Series of one file, each `(time, channels)`, with their labels as written."""

    signals: tuple[NDArray[np.float32], ...]
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    """Subject or recording of each; its own number where the file names none."""
    held: tuple[bool, ...] | None = None
    """Whether each belongs to the test part; `None` where the file does not say."""


def read_table(path: Path) -> LabelledSeries:
    """Read CSV or Parquet in one of two forms.

    Long: columns `series` and `label`, one row a time step, every other numeric column a channel. Wide: a column
    `label`, one row a series of one channel, every other column a time step. Either may have `group` (subject) and
    `split` (`train` or `test`).

    Raises:
        DatasetError: if the table cannot be read, lacks `label`, or has cells that are no numbers.
    """
    table = _opened(path)
    if "label" not in table.columns:
        raise DatasetError(f"{path} has columns {', '.join(map(str, table.columns[:8]))}; a column `label` is needed")
    values = [column for column in table.columns if column not in RESERVED]
    if not values:
        raise DatasetError(f"{path} has no column beside {', '.join(map(str, table.columns))}: no signal")
    signals = table[values].apply(pd.to_numeric, errors="coerce")
    if signals.isna().to_numpy().any():
        row, column = np.argwhere(signals.isna().to_numpy())[0]
        raise DatasetError(f"{path}, row {row + 1}, column {values[column]}: no number; fill or drop gaps first")
    numbers = signals.to_numpy(np.float32)
    if "series" not in table.columns:
        rows = [numbers[place][:, None] for place in range(len(table))]
        return _with_parts(path, rows, table)
    firsts = table.drop_duplicates("series")
    members = table.groupby("series", sort=False).indices
    for name, places in members.items():
        if table["label"].iloc[places].nunique(dropna=False) != 1:
            raise DatasetError(f"{path}: series {name} has more than one label; a series has one")
    return _with_parts(path, [numbers[members[name]] for name in firsts["series"]], firsts)


def read_ts(path: Path) -> LabelledSeries:
    """Read the UEA/sktime form: `@` headers, then `values:values:label`, one `:`-separated part a channel.

    Raises:
        DatasetError: if a header is missing, a row has other channels than declared, or a class is not declared.
    """
    declared: dict[str, list[str]] = {}
    signals: list[NDArray[np.float32]] = []
    labels: list[str] = []
    in_data = False
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith(("#", "%")):
            continue
        if not in_data:
            key, *rest = line.split()
            in_data = key.lower() == "@data"
            declared[key.lower()] = rest
            continue
        *parts, label = line.split(":")
        signals.append(_ts_signal(parts, declared, f"{path}, line {number}"))
        labels.append(label.strip())
    _check_ts(path, declared, labels)
    return LabelledSeries(tuple(signals), tuple(labels), tuple(map(str, range(len(labels)))))


def _opened(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (ValueError, OSError, pd.errors.ParserError) as error:
        raise DatasetError(f"{path} cannot be read as a table: {error}") from error


def _with_parts(path: Path, signals: Sequence[NDArray[np.float32]], rows: pd.DataFrame) -> LabelledSeries:
    groups = rows["group"].astype(str) if "group" in rows.columns else map(str, range(len(rows)))
    held = None
    if "split" in rows.columns:
        unknown = sorted(set(rows["split"].astype(str)) - {"train", "test"})
        if unknown:
            raise DatasetError(f"{path} has split {unknown[0]!r}; train or test is needed")
        held = tuple(bool(value) for value in rows["split"] == "test")
    return LabelledSeries(tuple(signals), tuple(rows["label"].astype(str)), tuple(groups), held)


def _ts_signal(parts: Sequence[str], declared: dict[str, list[str]], place: str) -> NDArray[np.float32]:
    dimensions = declared.get("@dimensions") or declared.get("@dimension")
    univariate = [value.lower() for value in declared.get("@univariate", [])] == ["true"]
    expected = int(dimensions[0]) if dimensions else (1 if univariate else None)
    if not parts or (expected is not None and len(parts) != expected):
        raise DatasetError(f"{place} has {len(parts)} channels, the header declares {expected}")
    try:
        channels = [[float(value) for value in part.split(",")] for part in parts]
    except ValueError as error:
        raise DatasetError(f"{place} holds a gap or no number ({error}); fill gaps first") from error
    if len({len(channel) for channel in channels}) != 1:
        raise DatasetError(f"{place} has channels of different lengths")
    return np.asarray(channels, dtype=np.float32).T


def _check_ts(path: Path, declared: dict[str, list[str]], labels: Sequence[str]) -> None:
    if "@data" not in declared or not labels:
        raise DatasetError(f"{path} has no series after @data")
    classes = declared.get("@classlabel", [])
    if not classes or classes[0].lower() != "true":
        raise DatasetError(f"{path} declares no classes: `@classLabel true <names>` is needed")
    unknown = sorted(set(labels) - set(classes[1:]))
    if unknown:
        raise DatasetError(f"{path} labels a series {unknown[0]!r}; declared are {', '.join(classes[1:])}")
