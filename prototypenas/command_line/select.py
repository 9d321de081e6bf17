"""`prototypenas select`: the second step."""

from typing import Annotated

import typer

from prototypenas.app.settings import SELECTION, Seed, SelectionSettings
from prototypenas.command_line.output import Result, console, print_preset
from prototypenas.command_line.run_argument import RunPath


def select(
    run_path: RunPath,
    seed: Seed = 0,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset", help="Rule of choice by name; that of the exploration if not given.", rich_help_panel=SELECTION
        ),
    ] = None,
    *,
    settings: SelectionSettings,
) -> Result:
    """Step 2: choose the few most meaningful trade-offs of the front."""
    from prototypenas import pipeline
    from prototypenas.app.composition import compose_choice
    from prototypenas.app.run_settings import settings_from
    from prototypenas.reporting.console import print_table
    from prototypenas.reporting.tables import choice_table
    from prototypenas.runs.atomic_files import read_json
    from prototypenas.runs.run_directory import RunDirectory

    directory = RunDirectory.open(run_path)
    followed = preset or settings_from(directory.settings(), str(directory.run_json)).search.preset
    choice = compose_choice(settings, followed, seed)
    print_preset(followed)
    with directory.locked():
        selection = pipeline.select(directory, choice)
    print_table(console, choice_table(selection))
    console.print(" ".join(filter(None, (f"The choice is {selection.verdict}.", selection.note))))
    return {"run": str(run_path), "selection": read_json(directory.selection_json)}
