"""What the columns of a table mean, from their names or from the user's options."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from evaluators.datasets.own_data.table_files import Table, is_numeric
from evaluators.datasets.reading import Reading, ambiguous
from prototypenas.errors import DatasetError

LABELS = ("label", "labels", "class", "classes", "target", "activity", "gesture", "y")
SERIES = ("series", "series_id", "seriesid", "recording", "recording_id", "trial", "sequence", "sequence_id", "segment")
GROUPS = (
    "group",
    "group_id",
    "subject",
    "subject_id",
    "user",
    "user_id",
    "person",
    "participant",
    "patient",
    "speaker",
)
SPLITS = ("split", "set", "part", "partition", "subset", "usage")
TIMES = ("time", "timestamp", "timestamps", "datetime", "date", "time_s", "time_ms", "seconds", "t", "ms")
INDEXES = ("index", "id", "row", "idx", "unnamed: 0", "no", "nr", "sample_id")

_ROLES = {
    "series": (SERIES, "--series-column"),
    "group": (GROUPS, "--group-column"),
    "split": (SPLITS, "--ignore-columns"),
    "time": (TIMES, "--ignore-columns"),
}

COUNTED = re.compile(r"(.*?)[ _.\-\[(]*(\d+)[\])]?")
LEAST_COUNTED = 8
"""Columns named by counting that are taken for time steps without being asked."""
LABEL_CLASSES = 100
"""Most classes a column without a name may have to be taken for labels."""


@dataclass(frozen=True)
class Columns:
    """Names of the columns by what they mean."""

    label: str
    series: str | None
    group: str | None
    split: str | None
    time: str | None
    values: tuple[str, ...]
    """The signal: channels, or time steps."""
    notes: tuple[str, ...] = field(default=())


def columns_of(path: Path, table: Table, reading: Reading) -> Columns:
    """Find what each column means.

    Raises:
        DatasetError: if the label is missing or can be several columns, or an option names none that is there.
    """
    names = list(table.cells.columns)
    _check_options(path, names, reading)
    rest = [name for name in names if name not in reading.ignored_columns]
    label = reading.label_column or (_label(path, rest) if table.header else _unnamed_label(path, table, rest))
    rest.remove(label)
    found = {"series": reading.series_column, "group": reading.group_column, "split": None, "time": None}
    if table.header:
        for role, (known, option) in _ROLES.items():
            free = [name for name in rest if name not in found.values()]
            found[role] = found[role] or _one_of(path, free, known, option)
    rest = [name for name in rest if name not in found.values()]
    numbering = []
    for name in [name for name in rest if name.lower() in INDEXES or name.startswith("Unnamed")]:
        rest.remove(name)
        if found["series"] is None and not table.cells[name].is_unique:
            found["series"] = name
        else:
            numbering.append(name)
    if not rest:
        raise DatasetError(f"{path} has no column beside {', '.join(names)}: no signal")
    notes = [f"{role}: column {name}" for role, name in {"label": label, **found}.items() if name is not None]
    notes += [f"column {name} numbers the rows and was left aside" for name in numbering]
    return Columns(
        label, found["series"], found["group"], found["split"], found["time"], values=tuple(rest), notes=tuple(notes)
    )


def refuse_text(path: Path, table: Table, columns: Columns) -> None:
    """Refuse tables of attributes.

    Raises:
        DatasetError: naming the columns that hold text.
    """
    words = [name for name in columns.values if not is_numeric(table.cells[name])]
    if not words:
        return
    if len(words) == 1:
        as_row = pd.to_numeric(table.cells[words[0]], errors="coerce").isna()
        row = int(np.flatnonzero(as_row)[0])
        value = table.cells[words[0]].iloc[row]
        raise DatasetError(
            f"{path}, row {row + 1}, column {words[0]}: {value!r} is no number; "
            f"mend it, or leave the column out with --ignore-columns {words[0]!r}"
        )
    raise DatasetError(
        f"{path} has columns of text ({', '.join(words[:6])}): a table of attributes, not of signals; networks here "
        f"learn from series and pictures. If the other columns are signals: --ignore-columns {','.join(words)!r}"
    )


def steps_by_channel(names: Sequence[str]) -> dict[str, list[str]] | None:
    """Group columns named by counting, `x0 x1 ... y0 y1 ...`, by channel; `None` where they are named otherwise."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        match = COUNTED.fullmatch(name)
        if match is None:
            return None
        found.setdefault(match[1], []).append((int(match[2]), name))
    numbers = {tuple(number for number, _ in sorted(steps)) for steps in found.values()}
    if len(numbers) != 1:
        return None
    counted = next(iter(numbers))
    if len(counted) < 2 or list(counted) != list(range(counted[0], counted[0] + len(counted))):
        return None
    return {prefix: [name for _, name in sorted(steps)] for prefix, steps in found.items()}


def _check_options(path: Path, names: Sequence[str], reading: Reading) -> None:
    asked = (reading.label_column, reading.series_column, reading.group_column, *reading.ignored_columns)
    for name in asked:
        if name is not None and name not in names:
            raise DatasetError(f"{path} has no column {name!r}; it has {', '.join(names[:12])}{_more(names)}")
    roles = [name for name in asked[:3] if name is not None]
    if len(set(roles)) < len(roles) or set(roles) & set(reading.ignored_columns):
        raise DatasetError(f"one column of {path} was given two meanings: {', '.join(roles)}")


def _label(path: Path, names: Sequence[str]) -> str:
    if "label" in names:
        return "label"
    axes = {name.lower() for name in names} & {"x", "z"}
    found = [name for name in names if name.lower() in LABELS and not (name.lower() == "y" and axes)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ambiguous(f"{path}", {f"--label-column {name!r}": f"column {name} holds the classes" for name in found})
    raise DatasetError(
        f"{path} has columns {', '.join(names[:8])}{_more(names)}; a column `label` is needed, "
        "or say which one it is with --label-column NAME"
    )


def _unnamed_label(path: Path, table: Table, names: Sequence[str]) -> str:
    """In a table without a header the labels are the only column of words, or stand first or last."""
    words = [name for name in names if not is_numeric(table.cells[name])]
    if len(words) == 1 and _classes_like(table.cells[words[0]]):
        return words[0]
    ends = [name for name in dict.fromkeys((names[0], names[-1])) if _classes_like(table.cells[name])]
    if len(ends) == 1:
        return ends[0]
    if not ends:
        raise DatasetError(
            f"{path} names no columns, and neither its first nor its last one holds classes; "
            "say which does: --label-column NUMBER, counted from 1"
        )
    where = {names[0]: "first", names[-1]: "last"}
    raise ambiguous(
        f"{path}, which names no columns,",
        {f"--label-column {name}": f"the {where[name]} column holds the classes" for name in ends},
    )


def _classes_like(column: pd.Series) -> bool:
    different = column.nunique()
    if not 2 <= different <= min(LABEL_CLASSES, max(2, len(column) // 2)):
        return False
    numbers = pd.to_numeric(column, errors="coerce")
    return bool(numbers.isna().all() or (numbers.notna().all() and (numbers == np.floor(numbers)).all()))


def _one_of(path: Path, names: Sequence[str], known: Sequence[str], option: str) -> str | None:
    found = [name for name in names if name.lower() in known]
    exact = [name for name in found if name == known[0]]
    if exact or len(found) <= 1:
        return next(iter(exact or found), None)
    raise ambiguous(str(path), {f"{option} {name!r}": f"column {name}" for name in found})


def _more(names: Sequence[object]) -> str:
    return f" and {len(names) - 8} more" if len(names) > 8 else ""
