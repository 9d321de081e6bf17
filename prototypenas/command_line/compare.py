"""`prototypenas compare`: two runs side by side."""

from pathlib import Path
from typing import Annotated

import typer

from prototypenas.command_line.output import console
from prototypenas.command_line.run_argument import RunPath


def compare(
    run_path: RunPath,
    other: Annotated[Path, typer.Argument(metavar="RUN", help="The run to compare it with.")],
) -> None:
    """Compare two runs: the settings that differ, how far the searches came, and what the models do."""
    from prototypenas.app.comparing import compare as compare_runs
    from prototypenas.reporting.console import print_table

    for table in compare_runs(run_path, other).tables:
        print_table(console, table)
