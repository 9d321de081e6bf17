"""`prototypenas export`: the tables of a run as files."""

from pathlib import Path
from typing import Annotated

import typer

from prototypenas.command_line.output import console
from prototypenas.command_line.run_argument import RunPath


def export(
    run_path: RunPath,
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    form: Annotated[str, typer.Option("--format", help="csv, markdown or latex.")] = "csv",
) -> None:
    """Write the tables of a run as files: its models, what they cost, why they were chosen, all candidates."""
    from prototypenas.app.run import open_run

    for file in open_run(run_path).export(out, form=form):
        console.print(str(file), highlight=False, soft_wrap=True)
