"""CSV and Parquet files as tables: delimiter, decimal sign, encoding and header are seen from the text."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from evaluators.datasets.own_data.text_files import read_text
from prototypenas.errors import DatasetError

DELIMITERS = (",", ";", "\t", "|")
GAPS = frozenset({"", "?", "na", "n/a", "nan", "null", "none", "-nan", "#n/a", "<na>"})
SAMPLED_LINES = 50

_NUMBER = re.compile(r"\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*")
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+,\d+\s*")


@dataclass(frozen=True, eq=False)
class Table:
    """A column of numbers as numbers, of words as words."""

    cells: pd.DataFrame
    header: bool
    """Whether the file names its columns; without names they are counted from 1."""


def load_table(path: Path, *, as_text: bool = False) -> Table:
    """Read a table without deciding what its columns mean; `as_text` keeps `007` what it is.

    Raises:
        DatasetError: if it cannot be read, has no row, or two columns of one name.
    """
    table = _parquet(path) if path.suffix.lower() == ".parquet" else _text(path, as_text)
    if not len(table.cells):
        raise DatasetError(f"{path} has no row below its header")
    doubled = table.cells.columns[table.cells.columns.duplicated()]
    if len(doubled):
        raise DatasetError(f"{path} has two columns named {doubled[0]!r}; give each a name of its own")
    empty = [name for name in table.cells.columns if table.cells[name].isna().all()]
    unnamed = [name for name in empty if not table.header or name.startswith("Unnamed")]
    return Table(table.cells.drop(columns=unnamed), table.header)


def _parquet(path: Path) -> Table:
    try:
        cells = pd.read_parquet(path)
    except (ValueError, OSError, KeyError) as error:  # pyarrow's own errors are ValueErrors and OSErrors
        raise DatasetError(f"{path} cannot be read as Parquet: {str(error).partition(chr(10))[0]}") from error
    cells.columns = [str(name) for name in cells.columns]
    return Table(cells.reset_index(drop=True), header=True)


def _text(path: Path, as_text: bool) -> Table:
    # Some write a semicolon at the end of every line.
    text = re.sub(r"[ \t]*;+[ \t]*$", "", read_text(path), flags=re.MULTILINE)
    lines = [line for line in text.splitlines()[: 4 * SAMPLED_LINES] if line.strip()][:SAMPLED_LINES]
    delimiter = _delimiter(lines)
    rows = list(csv.reader(lines, delimiter=delimiter)) if delimiter else [line.split() for line in lines]
    header = not any(_NUMBER.fullmatch(cell) for cell in rows[0])
    try:
        cells = pd.read_csv(
            io.StringIO(text),
            sep=delimiter or r"\s+",
            header=0 if header else None,
            decimal="," if delimiter != "," and _comma_is_decimal(rows[header:]) else ".",
            # A class may be called `none` or `NA`: only an empty cell is missing for sure.
            keep_default_na=False,
            na_values=[""],
            skipinitialspace=True,
            index_col=False,
            dtype=str if as_text else None,
            low_memory=False,
        )
    except (ValueError, pd.errors.ParserError, csv.Error) as error:
        raise DatasetError(f"{path} cannot be read as a table: {str(error).partition(chr(10))[0]}") from error
    cells.columns = [str(name).strip() if header else str(number) for number, name in enumerate(cells.columns, 1)]
    return Table(cells, header)


def _delimiter(lines: list[str]) -> str | None:
    """Return the delimiter that parts most lines alike; `None` where only blanks part them."""
    best, most = None, 0
    for delimiter in DELIMITERS:
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        usual = max(set(counts), key=lambda count: (counts.count(count), count))
        agreeing = counts.count(usual) if usual > 1 else 0
        if agreeing > most or (agreeing == most and best == "," and agreeing and _comma_is_decimal([[lines[-1]]])):
            best, most = delimiter, agreeing
    semicolons = {line.count(";") for line in lines}
    if best == "," and semicolons != {0} and len(semicolons) == 1:
        return ";"
    if best is None and all(len(line.split()) > 1 for line in lines):
        return None
    return best or ","


def _comma_is_decimal(rows: Iterable[list[str]]) -> bool:
    return any(_DECIMAL_COMMA.fullmatch(cell) for row in rows for cell in row)


def as_numbers(column: pd.Series, where: str) -> np.ndarray:
    """Return a column as float32, gaps as NaN.

    Raises:
        DatasetError: naming the row that holds text.
    """
    # What float32 cannot hold becomes infinite, and is refused as such.
    with np.errstate(over="ignore"):
        return _as_numbers(column, where)


def _as_numbers(column: pd.Series, where: str) -> np.ndarray:
    if column.dtype != object and not pd.api.types.is_string_dtype(column):
        if not pd.api.types.is_numeric_dtype(column):
            raise DatasetError(f"{where} is {column.dtype}, no number; leave it out with --ignore-columns")
        return column.to_numpy(np.float32, na_value=np.nan)
    numbers = pd.to_numeric(column, errors="coerce")
    text = numbers.isna() & ~column.astype(str).str.strip().str.lower().isin(GAPS)
    if text.any():
        row = int(np.flatnonzero(text)[0])
        raise DatasetError(f"{where}, row {row + 1}: {column.iloc[row]!r} is no number")
    return numbers.to_numpy(np.float32)


def is_numeric(column: pd.Series) -> bool:
    """Whether a column holds numbers and gaps alone."""
    try:
        as_numbers(column, "")
    except DatasetError:
        return False
    return True


def as_names(column: pd.Series, where: str) -> list[str]:
    """Return a column of names, such as labels or groups; whole numbers without a fraction.

    Raises:
        DatasetError: naming the row that is empty.
    """
    if pd.api.types.is_float_dtype(column) and (column.dropna() == np.floor(column.dropna())).all():
        column = column.astype("Int64")
    names = ["" if pd.isna(value) else str(value).strip() for value in column]
    if "" in names:
        raise DatasetError(f"{where}, row {names.index('') + 1} is empty; fill it or take the row out")
    return names
