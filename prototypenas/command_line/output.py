"""What several commands print."""

import json
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from prototypenas.reporting.report_data import ModelResult
    from prototypenas.reporting.table import Table
    from prototypenas.runs.class_scores import ReferenceScore
    from prototypenas.runs.run_directory import DatasetDirectory
    from prototypenas.steps import Training
    from prototypenas.types import Cost, Target

Result = Mapping[str, Any]
"""What a command found, as plain JSON values."""

OUTPUT = "Output"
"""Title of the help panel."""

# No markup: nearly everything that is printed holds names and texts of the user's, in which `[/]` means nothing.
console = Console(width=None if sys.stdout.isatty() else 140, markup=False, emoji=False)
errors = Console(stderr=True, markup=False, emoji=False)


@dataclass(frozen=True)
class OutputSettings:
    """What a command prints."""

    json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON, and nothing else.", rich_help_panel=OUTPUT)
    ] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.", rich_help_panel=OUTPUT)] = (
        False
    )
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="Print every step on stderr, as in run.log.", rich_help_panel=OUTPUT),
    ] = False


@contextmanager
def printed_as(settings: OutputSettings) -> Iterator[None]:
    """Let the block print what the settings say."""
    log, handler, before = logging.getLogger("prototypenas"), logging.StreamHandler(), console.quiet
    console.quiet = settings.quiet or settings.json
    level = log.level
    if settings.verbose:
        handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
    try:
        yield
    finally:
        console.quiet = before
        log.removeHandler(handler)
        log.setLevel(level)


def print_json(result: Result | None) -> None:
    """Print a command's result on stdout, as one JSON object."""
    sys.stdout.write(json.dumps(result or {}, indent=2, ensure_ascii=False) + "\n")


def models_as_json(models: "Sequence[ModelResult]") -> "list[dict[str, Any]]":
    """Return what is known of trained models, scores as shares in `[0, 1]`."""
    return [
        {
            "trial": model.candidate.number,
            "architecture": model.candidate.configuration.architecture,
            **cost_as_json(model.candidate.cost),
            "metric": None if model.evaluation is None else model.evaluation.metric,
            "float_score": None if model.evaluation is None else model.evaluation.float_score,
            "int8_score": None if model.evaluation is None else model.evaluation.int8_score,
            "c_score": model.c_score,
        }
        for model in models
    ]


def cost_as_json(cost: "Cost") -> "dict[str, Any]":
    """Return what a network costs: operations, bytes, and estimated milliseconds and millijoules."""
    return {
        "flops": cost.flops,
        "macs": cost.macs,
        "parameters": cost.parameters,
        "ram_bytes": cost.footprint.ram_bytes,
        "rom_bytes": cost.footprint.rom_bytes,
        "latency_ms": cost.latency_ms,
        "energy_mj": cost.energy_mj,
        **cost.own,
    }


def table_as_json(table: "Table") -> "dict[str, Any]":
    """Return a table's rows, each as its cells by header."""
    return {"rows": [dict(zip(table.headers, row, strict=True)) for row in table.rows]}


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
