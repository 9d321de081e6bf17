"""`prototypenas select`: the second step."""

from prototypenas.app.settings import Seed, SelectionSettings
from prototypenas.command_line.output import console
from prototypenas.command_line.run_argument import RunPath


def select(run_path: RunPath, seed: Seed = 0, *, settings: SelectionSettings) -> None:
    """Step 2: choose the few most meaningful trade-offs of the front."""
    from prototypenas import pipeline
    from prototypenas.app.composition import compose_choice
    from prototypenas.reporting.console import print_table
    from prototypenas.reporting.tables import choice_table
    from prototypenas.runs.run_directory import RunDirectory

    directory = RunDirectory.open(run_path)
    with directory.locked():
        selection = pipeline.select(directory, compose_choice(settings, seed))
    print_table(console, choice_table(selection))
    console.print(" ".join(filter(None, (f"The choice is {selection.verdict}.", selection.note))))
