"""Progress of a command, drawn on the terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from prototypenas.command_line.output import console

if TYPE_CHECKING:
    from prototypenas.progress import Progress


@contextmanager
def shown_progress() -> "Iterator[Progress]":
    """Draw bars while the block lasts."""
    from prototypenas.reporting.shown_progress import progress_on

    with progress_on(console) as progress:
        yield progress
