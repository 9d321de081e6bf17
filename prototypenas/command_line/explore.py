"""`prototypenas explore`: the first step."""

from pathlib import Path
from typing import Annotated

import typer

from prototypenas import pipeline
from prototypenas.app.arguments import parse_input_shape
from prototypenas.app.catalogue import POOLS, gather
from prototypenas.app.composition import compose_machine, compose_search, compose_target
from prototypenas.app.settings import (
    DATA,
    DeviceSettings,
    PartSettings,
    SearchSettings,
    Seed,
    StorageSettings,
    TargetSettings,
)
from prototypenas.command_line.output import console
from prototypenas.reporting.console import ProgressBars
from prototypenas.runs.run_directory import RunDirectory, read_json


def explore(
    out: Annotated[Path, typer.Option("--out", help="Run directory to make.")],
    input_size: Annotated[str, typer.Option("--input", help="CxHxW for images, CxT for series.", rich_help_panel=DATA)],
    classes: Annotated[int, typer.Option(min=2, max=100_000, help="Number of classes.", rich_help_panel=DATA)],
    task: Annotated[str, typer.Option(help=f"One of {', '.join(POOLS)}.", rich_help_panel=DATA)] = "image",
    seed: Seed = 0,
    *,
    target: TargetSettings,
    search: SearchSettings,
    device: DeviceSettings,
    storage: StorageSettings,
    parts: PartSettings,
) -> None:
    """Step 1: search without any data. One exploration serves every data set of a task."""
    catalogue = gather(parts.plugin, parts.target_files)
    explored = compose_search(
        catalogue,
        search,
        task,
        parse_input_shape(input_size),
        classes,
        target=compose_target(catalogue, target),
        seed=seed,
        device=device.device,
    )
    machine = compose_machine(device, storage)
    directory = RunDirectory.create(out)
    with ProgressBars(console) as progress:
        pipeline.explore(directory, explored, machine, progress)
    console.print(read_json(directory.exploration_json)["summary"])
    console.print(f"all candidates: {directory.candidates_csv}")
