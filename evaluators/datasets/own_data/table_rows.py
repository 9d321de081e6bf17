"""A table whose columns are known, on the way to series."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluators.datasets.class_folders import part_of
from evaluators.datasets.own_data.columns import Columns, steps_by_channel
from evaluators.datasets.own_data.series import LabelledSeries, filled, stretches
from evaluators.datasets.own_data.table_files import Table, as_names, as_numbers
from prototypenas.errors import DatasetError

STREAM_WINDOW = 128
"""Steps of a window cut out of a stretch, or the longest stretch if that is shorter."""
PIECES = 5
"""Consecutive pieces that a long stretch is parted into, so that a part of it can be held out."""

Cut = tuple[NDArray[np.float32], int]
"""The signal of a series, and its first row."""


@dataclass(frozen=True, eq=False)
class LabelledTable:
    """A table with the label, the part and the group of each row."""

    path: Path
    table: Table
    columns: Columns
    labels: Sequence[str]
    parts: Sequence[str] | None
    groups: Sequence[str] | None

    @classmethod
    def of(cls, path: Path, table: Table, columns: Columns, parts: Sequence[str] | None) -> "LabelledTable":
        """Read the columns that hold names; `parts` are those that the files tell.

        Raises:
            DatasetError: for an empty cell, or a part that is none of train, val and test.
        """
        found = {
            role: None if column is None else as_names(table.cells[column], f"{path}, column {column}")
            for role, column in (("label", columns.label), ("group", columns.group), ("split", columns.split))
        }
        split = found["split"]
        labels = found["label"]
        assert labels is not None  # the label's column is never None
        return cls(path, table, columns, labels, parts if split is None else _parts(path, split), found["group"])

    @cached_property
    def counted(self) -> dict[str, list[str]] | None:
        """Columns named by counting, by channel; columns without names are counted by their place."""
        return steps_by_channel(self.columns.values) if self.table.header else {"": list(self.columns.values)}

    def numbers(self, names: Sequence[str]) -> NDArray[np.float32]:
        """Return columns as `(rows, columns)`, gaps as NaN."""
        return np.stack([as_numbers(self.table.cells[name], f"{self.path}, column {name}") for name in names], axis=1)


def series_by_row(table: LabelledTable) -> LabelledSeries:
    """Return each row as a series; columns counted for several channels go to these."""
    channels = (table.counted or {"": list(table.columns.values)}).values()
    stacked = np.stack([table.numbers(names) for names in channels], axis=2)
    return _series(table, [(row, place) for place, row in enumerate(stacked)], "a row a series")


def series_by_name(table: LabelledTable) -> LabelledSeries:
    """Return the rows of each series in their order.

    Raises:
        DatasetError: if rows of one series differ in label, group or part.
    """
    column = str(table.columns.series)
    names = as_names(table.table.cells[column], f"{table.path}, column {column}")
    if table.parts is not None:
        names = [f"{part} {name}" for part, name in zip(table.parts, names, strict=True)]
    values = table.numbers(table.columns.values)
    order = np.argsort(pd.factorize(np.asarray(names))[0], kind="stable")
    in_order = [names[place] for place in order]
    cuts = []
    for start, end in stretches(in_order):
        rows = order[start:end]
        _check_one_value(table, in_order[start], rows)
        cuts.append((values[rows], int(rows[0])))
    return _series(table, cuts, "long form, a row a time step")


def series_by_stretch(table: LabelledTable) -> LabelledSeries:
    """Return each stretch of one label (of one group and part) as a series; long ones in consecutive pieces."""
    values = table.numbers(table.columns.values)
    found = stretches(list(zip(table.labels, table.groups or table.labels, table.parts or table.labels, strict=True)))
    window = min(STREAM_WINDOW, max(end - start for start, end in found))
    cuts: list[Cut] = []
    for start, end in found:
        divided = table.groups is None and table.parts is None and end - start >= PIECES * window
        for piece in np.array_split(np.arange(start, end), PIECES if divided else 1):
            if len(piece) >= window:
                cuts.append((values[piece], int(piece[0])))
    series = _series(table, cuts, "a recording, each stretch of one label cut into windows")
    short = sum(end - start < window for start, end in found)
    notes = [f"{short} of {len(found)} stretches are shorter than {window} steps and were left out"] if short else []
    return replace(series, window=window, notes=(*series.notes, *notes))


def _series(table: LabelledTable, cuts: Sequence[Cut], form: str) -> LabelledSeries:
    signals, gaps = [], 0
    for signal, first in cuts:
        whole, count = filled(signal, f"{table.path}, series at row {first + 1}")
        signals.append(np.ascontiguousarray(whole))
        gaps += count
    places = [first for _, first in cuts]
    return LabelledSeries(
        tuple(signals),
        tuple(table.labels[place] for place in places),
        None if table.groups is None else tuple(table.groups[place] for place in places),
        None if table.parts is None else tuple(table.parts[place] for place in places),
        (form, *table.columns.notes, *([f"{gaps} gaps filled by straight lines"] if gaps else [])),
    )


def _check_one_value(table: LabelledTable, name: str, rows: NDArray[np.int64]) -> None:
    for what, values in (("label", table.labels), ("group", table.groups), ("part", table.parts)):
        if values is not None and len({values[place] for place in rows}) > 1:
            raise DatasetError(f"{table.path}: series {name} has more than one {what}; a series has one")


def _parts(path: Path, words: Sequence[str]) -> list[str]:
    known = {word: part_of(word) for word in dict.fromkeys(words)}
    unknown = [word for word, part in known.items() if part is None]
    if unknown:
        raise DatasetError(f"{path} has split {unknown[0]!r}; train, val or test is needed")
    return [str(known[word]) for word in words]
