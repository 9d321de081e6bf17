"""Tables as files: CSV, Markdown, LaTeX."""

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from prototypenas.choices import choose
from prototypenas.reporting.table import Table
from prototypenas.runs.atomic_files import write_text


def as_csv(table: Table) -> str:
    """Return the table as CSV; thousands separators, which are for reading, are left out of numbers."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.headers)
    for row in table.rows:
        writer.writerow([*row[: table.names], *map(_bare_number, row[table.names :])])
    return stream.getvalue()


def as_markdown(table: Table) -> str:
    """Return the table as Markdown, numbers to the right."""
    sides = ["---" if place < table.names else "---:" for place in range(len(table.headers))]
    rows = [table.headers, sides, *table.rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |\n" for row in rows)


def as_latex(table: Table) -> str:
    """Return the table as LaTeX for the package booktabs, numbers to the right."""
    columns = "l" * table.names + "r" * (len(table.headers) - table.names)
    frame = pd.DataFrame([list(row) for row in table.rows], columns=list(table.headers), dtype=str)
    return str(frame.to_latex(index=False, escape=True, column_format=columns))


FORMS: Mapping[str, tuple[str, Callable[[Table], str]]] = {
    "csv": (".csv", as_csv),
    "markdown": (".md", as_markdown),
    "latex": (".tex", as_latex),
}
"""Suffix and writer of each form."""


def write_tables(tables: Mapping[str, Table], folder: Path, form: str) -> list[Path]:
    """Write each table that has rows as `<name><suffix>` into a folder; return the files.

    Raises:
        ConfigurationError: for an unknown form.
        RunDirectoryError: if the folder cannot be written.
    """
    suffix, written = choose("form", form, FORMS)
    files = []
    for name, table in tables.items():
        if table.rows:
            write_text(folder / f"{name}{suffix}", written(table))
            files.append(folder / f"{name}{suffix}")
    return files


def _bare_number(cell: str) -> str:
    bare = cell.replace(",", "")
    try:
        float(bare)
    except ValueError:
        return cell
    return bare
