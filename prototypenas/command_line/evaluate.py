"""`prototypenas evaluate`: the third step."""

from typing import Annotated

import typer

from prototypenas.app.settings import DATA, DataSettings, DeviceSettings, PartSettings, Seed, TrainingSettings
from prototypenas.command_line.output import Result, models_as_json, print_data, print_models
from prototypenas.command_line.run_argument import RunPath
from prototypenas.command_line.shown_progress import shown_progress
from prototypenas.errors import ConfigurationError

NO_NAMES: list[str] = []


def evaluate(
    run_path: RunPath,
    dataset: Annotated[
        list[str], typer.Option(help="Data set to train on; may be given several times.", rich_help_panel=DATA)
    ] = NO_NAMES,
    seed: Seed = 0,
    *,
    data: DataSettings,
    training: TrainingSettings,
    device: DeviceSettings,
    parts: PartSettings,
) -> Result:
    """Step 3: train, prune, quantize and test the chosen models."""
    from prototypenas import pipeline
    from prototypenas.app.catalogue import gather
    from prototypenas.app.composition import compose_machine
    from prototypenas.app.known_targets import recorded_target
    from prototypenas.app.training_composition import training_for
    from prototypenas.runs.class_scores import read_references
    from prototypenas.runs.run_directory import RunDirectory

    directory = RunDirectory.open(run_path)
    catalogue = gather(parts.plugin, parts.target_files, parts.latency_tables)
    goal = recorded_target(catalogue.targets, directory)
    if not dataset and data.own_data is None:
        raise ConfigurationError("name a data set with --dataset, or your own with --data")
    machine = compose_machine(device, threads=training.threads)
    found = {}
    for name in [*dataset, *([None] if data.own_data else [])]:
        source = DataSettings(data_dir=data.data_dir, download=data.download) if name else data
        trained = training_for(catalogue, directory, name, source, training, seed=seed, device=device.device)
        print_data(trained)
        seen = directory.dataset(trained.dataset)
        with directory.locked(), shown_progress() as progress:
            models = pipeline.evaluate(seen, trained, goal, machine, progress)
        print_models(models, seen, goal, read_references(seen.path))
        found[trained.dataset] = models_as_json(models)
    return {"run": str(run_path), "datasets": found}
