"""`prototypenas explore`: the first step."""

from pathlib import Path
from typing import Annotated

import typer

from prototypenas.app.run_settings import InputSettings, RunSettings
from prototypenas.app.settings import (
    DATA,
    DeviceSettings,
    PartSettings,
    SearchSettings,
    Seed,
    StorageSettings,
    TargetSettings,
)
from prototypenas.command_line.output import Result, console, print_preset
from prototypenas.command_line.shown_progress import shown_progress


def explore(
    out: Annotated[Path, typer.Option("--out", help="Run directory to make.")],
    input_size: Annotated[str, typer.Option("--input", help="CxHxW for images, CxT for series.", rich_help_panel=DATA)],
    classes: Annotated[
        int, typer.Option(min=1, max=100_000, help="Number of classes; 1 for detection only.", rich_help_panel=DATA)
    ],
    task: Annotated[str, typer.Option(help="One of image, time-series, detection.", rich_help_panel=DATA)] = "image",
    seed: Seed = 0,
    *,
    target: TargetSettings,
    search: SearchSettings,
    device: DeviceSettings,
    storage: StorageSettings,
    parts: PartSettings,
) -> Result:
    """Step 1: search without any data. One exploration serves every data set of a task."""
    from prototypenas import pipeline
    from prototypenas.app.catalogue import gather
    from prototypenas.app.composition import compose_machine
    from prototypenas.app.exploring import compose_run
    from prototypenas.runs.atomic_files import read_json
    from prototypenas.runs.run_directory import RunDirectory

    given = InputSettings(task=task, input_size=input_size, classes=classes, seed=seed)
    settings = RunSettings(given, target=target, search=search, parts=parts)
    explored = compose_run(gather(parts.plugin, parts.target_files, parts.latency_tables), settings, device)
    machine = compose_machine(device, storage, proxy_timeout=search.proxy_timeout)
    print_preset(search.preset)
    directory = RunDirectory.create(out)
    with directory.locked(), shown_progress() as progress:
        pipeline.explore(directory, explored, machine, progress)
    statistics = read_json(directory.exploration_json)
    console.print(statistics["summary"])
    console.print(f"all candidates: {directory.candidates_csv}")
    return {"run": str(out), "candidates": str(directory.candidates_csv), "statistics": statistics}
