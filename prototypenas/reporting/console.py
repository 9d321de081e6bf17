"""Progress bars on a terminal, plain lines where there is none."""

import threading
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable
from rich.text import Text

from prototypenas.reporting.table import Table


def print_table(console: Console, table: Table) -> None:
    """Print a table; text to the left, numbers to the right."""
    drawn = RichTable(header_style="bold")
    for place, header in enumerate(table.headers):
        text = place < table.names or header.startswith("What")
        drawn.add_column(Text(header), justify="left" if text else "right", no_wrap=not text, overflow="fold")
    for row in table.rows:
        drawn.add_row(*(Text(cell) for cell in row))
    console.print(drawn)


class ProgressBars:
    """One bar a task, drawn while the block lasts; safe to update from several threads."""

    def __init__(self, console: Console) -> None:
        self._lock = threading.Lock()
        self._tasks: dict[str, TaskID] = {}
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", style="dim", markup=False),
            console=console,
        )

    def __enter__(self) -> "ProgressBars":
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def update(self, task: str, completed: float, total: float, note: str = "") -> None:
        """Draw the task's bar at `completed` of `total`."""
        with self._lock:
            if task not in self._tasks:
                self._tasks[task] = self._bars.add_task(task, note=note)
            self._bars.update(self._tasks[task], completed=completed, total=total, note=note)
