"""What several commands print."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from prototypenas.reporting.report_data import ModelResult
    from prototypenas.runs.class_scores import ReferenceScore
    from prototypenas.runs.run_directory import DatasetDirectory
    from prototypenas.steps import Training
    from prototypenas.types import Target

# No markup: nearly everything that is printed holds names and texts of the user's, in which `[/]` means nothing.
console = Console(width=None if sys.stdout.isatty() else 140, markup=False, emoji=False)
errors = Console(stderr=True, markup=False, emoji=False)


def print_error(message: str) -> None:
    """Print an error as one line on stderr, whatever characters are in it."""
    line = " ".join(message.split("\n")).encode("utf-8", "backslashreplace").decode()
    errors.print(Text.assemble(("error:", "bold red"), f" {line}"), highlight=False, soft_wrap=True)


def print_preset(name: str) -> None:
    """Print which preset is followed, and what it is."""
    from prototypenas.app.presets import PRESETS

    console.print(f"preset {name}: {PRESETS[name].description}")


def print_data(training: "Training") -> None:
    """Print what will be trained on: classes, sizes and the split; and what is learnt before that."""
    from prototypenas.reporting.console import print_table
    from prototypenas.reporting.tables import class_table

    summary = training.summary
    if summary is not None:
        shape = "x".join(str(size) for size in summary.input_shape)
        classes = f"{len(summary.classes)} class{'es' if len(summary.classes) > 1 else ''}"
        console.print(f"{summary.name}: {classes}, {shape}; split: {summary.split}")
        if summary.reading:
            console.print(f"read as: {summary.reading}")
        print_table(console, class_table(summary))
        for note in summary.boxes.notes if summary.boxes else ():
            console.print(f"note: {note}")
        console.print(f"training: {summary.training}")
    if training.pretraining is not None:
        console.print(training.pretraining.summary())


def print_models(
    models: "list[ModelResult]", seen: "DatasetDirectory", target: "Target", references: "Sequence[ReferenceScore]" = ()
) -> None:
    """Print the final table, the models beside simple classifiers, which one to take, and what to do next."""
    from prototypenas.reporting.classifier_tables import worth_table
    from prototypenas.reporting.console import print_table
    from prototypenas.reporting.delivery_tables import delivery_notes, emulation_table
    from prototypenas.reporting.next_steps import next_steps, verdict
    from prototypenas.reporting.tables import final_table

    print_table(console, final_table(models))
    for table in (worth_table(models, references), emulation_table(models)):
        if table.rows:
            print_table(console, table)
    for note in delivery_notes(models):
        console.print(f"note: {note}")
    console.print("1 kB is 1,000 bytes; the latency is an estimate.")
    console.print(verdict(models))
    for name, line in next_steps(models, seen, target):
        console.print(f"  {name + ':':<18}{line}", highlight=False, soft_wrap=True)
