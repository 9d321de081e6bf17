"""What several commands print."""

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from prototypenas.pipeline import Training
from prototypenas.reporting.classifier_tables import worth_table
from prototypenas.reporting.console import print_table
from prototypenas.reporting.delivery_tables import delivery_notes, emulation_table, sizes_table
from prototypenas.reporting.report_data import ModelResult
from prototypenas.reporting.tables import class_table, final_table
from prototypenas.runs.class_scores import ReferenceScore

console = Console(width=None if sys.stdout.isatty() else 140)
errors = Console(stderr=True)


def print_data(training: Training) -> None:
    """Print what will be trained on: classes, sizes and the split; and what is learnt before that."""
    summary = training.summary
    if summary is not None:
        shape = "x".join(str(size) for size in summary.input_shape)
        console.print(f"{summary.name}: {len(summary.classes)} classes, {shape}; split: {summary.split}")
        if summary.reading:
            console.print(f"read as: {summary.reading}")
        print_table(console, class_table(summary))
        console.print(f"training: {summary.training}")
    if training.pretraining is not None:
        console.print(training.pretraining.summary())


def print_models(models: list[ModelResult], place: Path, references: Sequence[ReferenceScore] = ()) -> None:
    """Print the final table, the models beside simple classifiers, and where everything lies."""
    print_table(console, final_table(models))
    for table in (worth_table(models, references), sizes_table(models), emulation_table(models)):
        if table.rows:
            print_table(console, table)
    for note in delivery_notes(models):
        console.print(f"note: {note}")
    console.print(f"everything else: {place}")
