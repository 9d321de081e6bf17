"""Tables on a terminal of any width: no number and no name is ever cut."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import HEAVY_HEAD, SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from prototypenas.reporting.table import Table

PROSE_WIDTH = 24
"""Characters that a column of sentences gets at least, where its cells have as many."""


@dataclass(frozen=True)
class _Layout:
    """How far apart the columns of a table stand, and whether lines are drawn between and around them."""

    lines: bool
    gap: int

    @property
    def edges(self) -> int:
        return 4 if self.lines else 0


LAYOUTS = (_Layout(lines=True, gap=3), _Layout(lines=False, gap=2), _Layout(lines=False, gap=1))
"""What is tried in turn, from roomy to tight."""


def print_table(console: Console, table: Table) -> None:
    """Print a table; text to the left, numbers to the right.

    It is drawn with lines where there is room for them, without them where there is not, and as one list a row where
    even that is too wide. Sentences and headers are broken between words, numbers and names never.
    """
    for layout in LAYOUTS:
        taken = layout.edges + layout.gap * (len(table.headers) - 1)
        widths = column_widths(table, console.width - taken)
        if widths is not None:
            console.print(_drawn(table, widths, layout), highlight=False)
            return
    _print_lists(console, table)


def column_widths(table: Table, available: int) -> list[int] | None:
    """Share `available` characters among the columns; `None` if they are too few for the longest words.

    Columns that lack least get all they want first, so that sentences take what is left.
    """
    columns = [tuple(cells) for cells in zip(table.headers, *table.rows, strict=True)]
    widths = [_least_width(cells, _is_text(table, place)) for place, cells in enumerate(columns)]
    wanted = [max(map(len, cells)) - width for cells, width in zip(columns, widths, strict=True)]
    spare = available - sum(widths)
    if spare < 0:
        return None
    for place in sorted(range(len(widths)), key=lambda place: wanted[place]):
        granted = max(0, min(wanted[place], spare))
        widths[place] += granted
        spare -= granted
    return widths


def _least_width(column: Sequence[str], text: bool) -> int:
    """Return how narrow a column may get: as wide as its longest word, and sentences not too narrow to read."""
    readable = min(PROSE_WIDTH, max(map(len, column[1:]), default=0)) if text else 1
    return max(readable, *map(_longest_word, column))


def _drawn(table: Table, widths: Sequence[int], layout: _Layout) -> RichTable:
    drawn = RichTable(
        header_style="bold",
        box=HEAVY_HEAD if layout.lines else SIMPLE_HEAD,
        padding=(0, 1) if layout.lines else (0, layout.gap - 1, 0, 0),
        pad_edge=layout.lines,
        show_edge=layout.lines,
    )
    for place, (header, width) in enumerate(zip(table.headers, widths, strict=True)):
        side = "left" if _is_text(table, place) else "right"
        drawn.add_column(Text(header), justify=side, width=width, overflow="fold")  # type: ignore[arg-type]
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    return drawn


def _print_lists(console: Console, table: Table) -> None:
    """Print each row as lines of header and value, for a terminal that no table fits."""
    for row in table.rows:
        for header, cell in zip(table.headers, row, strict=True):
            console.print(Text(f"{header}: {cell}" if header else cell), highlight=False)
        console.print()


def _is_text(table: Table, place: int) -> bool:
    return place < table.names or table.headers[place].startswith("What")


def _longest_word(text: str) -> int:
    return max(map(len, text.split()), default=0)
