"""`prototypenas refine`: short trainings between exploration and selection."""

from typing import Annotated

import typer

from prototypenas.app.settings import (
    DATA,
    REFINEMENT,
    DataSettings,
    DeviceSettings,
    PartSettings,
    Seed,
    TrainingSettings,
)
from prototypenas.command_line.output import Result, console, print_data
from prototypenas.command_line.run_argument import RunPath
from prototypenas.command_line.shown_progress import shown_progress
from prototypenas.errors import ConfigurationError


def refine(
    run_path: RunPath,
    dataset: Annotated[str | None, typer.Option(help="Data set to train on; or --data.", rich_help_panel=DATA)] = None,
    minutes: Annotated[
        str,
        typer.Option(help="Time on one core: 10, 10m, 90s, 1h. Two cores take half of it.", rich_help_panel=REFINEMENT),
    ] = "10m",
    seed: Seed = 0,
    *,
    data: DataSettings,
    training: TrainingSettings,
    device: DeviceSettings,
    parts: PartSettings,
) -> Result:
    """Train promising candidates briefly, so that the next `select` knows which of them learn."""
    from prototypenas import pipeline
    from prototypenas.app.arguments import parse_minutes
    from prototypenas.app.catalogue import gather
    from prototypenas.app.composition import compose_machine
    from prototypenas.app.training_composition import training_for
    from prototypenas.refinement.step import Refine
    from prototypenas.runs.run_directory import RunDirectory
    from prototypenas.steps import Choice

    directory = RunDirectory.open(run_path)
    asked = Refine(60 * parse_minutes(minutes))
    if dataset is None and data.own_data is None:
        raise ConfigurationError("refinement trains on data: name a data set with --dataset, or your own with --data")
    machine = compose_machine(device, threads=training.threads)
    catalogue = gather(parts.plugin, parts.target_files, parts.latency_tables)
    trained = training_for(catalogue, directory, dataset, data, training, seed=seed, device=device.device)
    print_data(trained)
    with directory.locked(), shown_progress() as progress:
        said = pipeline.refine(directory, asked, trained, machine, progress, keep=Choice().keep)
    console.print(f"{said}; `prototypenas select {run_path}` chooses by it")
    return {"run": str(run_path), "refinement": said}
