"""Labelled series, or pictures, in one table or in a training and a test table."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from evaluators.datasets.own_data.attributes import are_attributes
from evaluators.datasets.own_data.columns import LEAST_COUNTED, columns_of, refuse_text
from evaluators.datasets.own_data.series import dataset_of, stretches
from evaluators.datasets.own_data.table_files import Table, load_table
from evaluators.datasets.own_data.table_pictures import open_pixels, pixels_of
from evaluators.datasets.own_data.table_rows import LabelledTable, series_by_name, series_by_row, series_by_stretch
from evaluators.datasets.own_data.text_files import file_pairs, the_one_problem
from evaluators.datasets.reading import Reading, ambiguous, checked_layout
from evaluators.datasets.samples import ClassificationData
from prototypenas.errors import DatasetError

TABLES = frozenset({".csv", ".tsv", ".parquet", ".txt"})
LAYOUTS = {
    "long": "a row a time step, series told apart by a column",
    "wide": "a row a series, a column a time step",
    "stream": "a row a time step; each stretch of one label is cut into windows",
}
NO_SIGNAL = {"--ignore-columns A,B and --group-column C": "beside these, columns that are no signal, and of subjects"}
"""Offered with the readings of a table whose columns are not known by their names."""
LONG_STRETCH = 8
"""Mean rows of one label after another that make a table look like a recording."""


def is_table(path: Path) -> bool:
    """Whether it is a table by its name, or a folder with one table, or with `<name>_train.csv`."""
    if path.is_file():
        return path.suffix.lower() in TABLES
    return bool(file_pairs(path, TABLES)) or len(_tables_in(path)) == 1


def open_table(path: Path, reading: Reading) -> ClassificationData:
    """Read CSV or Parquet as series in long, wide or stream form, or as pictures where columns are pixels.

    Raises:
        DatasetError: if a table cannot be read, its columns can mean several things, or cells are empty or text.
    """
    checked_layout(reading.layout, LAYOUTS, f"{path}, a table")
    if path.is_dir() and not file_pairs(path, TABLES):
        path = _tables_in(path)[0]
    pair = the_one_problem(path, TABLES)
    tables = {part: load_table(place) for part, place in pair.parts.items()}
    table = next(iter(tables.values()))
    for part, other in tables.items():
        if list(other.cells.columns) != list(table.cells.columns):
            raise DatasetError(f"{pair.parts[part]} has other columns than {pair.train}")
    cells = pd.concat([other.cells for other in tables.values()], ignore_index=True)
    whole = Table(cells, table.header)
    parts = [part for part, other in tables.items() for _ in range(len(other.cells))] if len(tables) > 1 else None
    columns = columns_of(path, whole, reading)
    refuse_text(path, whole, columns)
    return _opened(LabelledTable.of(path, whole, columns, parts), pair.name, reading)


def _opened(table: LabelledTable, name: str, reading: Reading) -> ClassificationData:
    pixels = pixels_of(table) if reading.layout is None else None
    if pixels is not None:
        return replace(open_pixels(table, pixels, reading), name=name)
    layout = reading.layout or _layout(table)
    if layout == "long" and table.columns.series is None:
        raise DatasetError(
            f"{table.path} has no column that names the series, as long form needs: --series-column NAME"
        )
    read = {"long": series_by_name, "wide": series_by_row, "stream": series_by_stretch}[layout]
    return dataset_of(name, read(table), reading)


def _layout(table: LabelledTable) -> str:
    columns = table.columns
    if columns.series is not None:
        return "long"
    if table.counted and len(columns.values) >= LEAST_COUNTED:
        _refuse_attributes(table)
        return "wide"
    if columns.time is not None and len(table.labels) / len(stretches(table.labels)) >= LONG_STRETCH:
        return "stream"
    shown = ", ".join(columns.values[:4]) + (", ..." if len(columns.values) > 4 else "")
    raise ambiguous(
        f"{table.path} with its columns {shown}",
        {
            "--series-column NAME": "long form, a row a time step, the named column tells series apart",
            "--layout wide": f"each row is a series of {len(columns.values)} steps",
            "--layout stream": f"each row is a time step of {len(columns.values)} channels; "
            "each stretch of one label is cut into windows",
        }
        | NO_SIGNAL,
    )


def _refuse_attributes(table: LabelledTable) -> None:
    """Refuse columns without names and order: what they are was never said, and steps of a series they are not.

    Raises:
        DatasetError: offering the readings.
    """
    values = table.columns.values
    if table.table.header or table.parts is not None or not are_attributes(table.numbers(values)):
        return
    raise ambiguous(
        f"{table.path} names no columns, and its {len(values)} seem to be attributes, each of its own kind, from which "
        "networks here do not learn. It",
        {
            "--layout wide": f"each row is a series of {len(values)} steps nevertheless",
            "--layout stream": f"each row is a time step of {len(values)} channels",
        }
        | NO_SIGNAL,
    )


def _tables_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in TABLES - {".txt"} and path.is_file())
