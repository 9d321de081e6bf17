"""`prototypenas run`: the whole way."""

from pathlib import Path
from typing import Annotated

import typer

from prototypenas.app.settings import (
    DATA,
    REFINEMENT,
    SCORING,
    DataSettings,
    DeviceSettings,
    Emulate,
    InputSettings,
    PartSettings,
    RunSettings,
    SearchSettings,
    Seed,
    SelectionSettings,
    StorageSettings,
    TargetSettings,
    TrainingSettings,
)
from prototypenas.command_line.output import console, print_data, print_models
from prototypenas.command_line.settings_file import defaults_from_file, defaults_from_run
from prototypenas.command_line.shown_progress import shown_progress


def run(
    dataset: Annotated[
        str | None,
        typer.Argument(
            help="Data set; see `list datasets`. Or --data. Or a settings file, whose values options override.",
            callback=defaults_from_file,
            is_eager=True,
        ),
    ] = None,
    again: Annotated[
        Path | None,
        typer.Option("--again", help="Repeat a run with its own settings.", callback=defaults_from_run, is_eager=True),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Run directory; runs/DATASET-TARGET if not given.")] = None,
    seed: Seed = 0,
    input_size: Annotated[
        str | None,
        typer.Option("--input", help="CxHxW or CxT; the data set's own if not given.", rich_help_panel=DATA),
    ] = None,
    probe: Annotated[
        str,
        typer.Option("--probe", help="What the proxies look at: gaussian or dataset.", rich_help_panel=SCORING),
    ] = "gaussian",
    refine: Annotated[
        str,
        typer.Option(
            help="Time for short trainings before the selection, on one core: 10m, 90s; auto derives it, no leaves "
            "them out.",
            rich_help_panel=REFINEMENT,
        ),
    ] = "auto",
    emulate: Emulate = False,
    *,
    data: DataSettings,
    target: TargetSettings,
    search: SearchSettings,
    selection: SelectionSettings,
    training: TrainingSettings,
    device: DeviceSettings,
    storage: StorageSettings,
    parts: PartSettings,
) -> None:
    """Go the whole way: explore, select, train + prune + quantize, write C, report. The same command continues it."""
    from prototypenas import finished_steps, pipeline
    from prototypenas.app.catalogue import gather
    from prototypenas.app.composition import (
        check_names,
        check_training,
        compose_choice,
        compose_machine,
        compose_refinement,
        compose_target,
        compose_training,
        load_data,
    )
    from prototypenas.app.exploring import compose_run
    from prototypenas.runs.class_scores import read_references
    from prototypenas.runs.run_directory import RunDirectory, check_place

    given = InputSettings(dataset=dataset, input_size=input_size, probe=probe, seed=seed)
    settings = RunSettings(given, data, target, search, selection, training, parts)
    catalogue = gather(parts.plugin, parts.target_files)
    compose_target(catalogue, target)
    choice = compose_choice(selection, search.preset, seed)
    refinement = compose_refinement(refine)
    machine = compose_machine(device, storage, proxy_timeout=search.proxy_timeout)
    check_names(catalogue, search, probe)
    check_training(training)
    check_place(out or again or Path("runs") / f"{dataset}-{target.target}")
    loaded = load_data(catalogue, dataset, data, input_size=input_size)
    trained = compose_training(
        catalogue, loaded, dataset, data, training, input_size=input_size, seed=seed, device=device.device
    )
    print_data(trained)
    explored = compose_run(catalogue, settings, device, loaded)
    directory = RunDirectory.create(out or again or Path("runs") / f"{trained.dataset}-{target.target}")
    with directory.locked(), shown_progress() as progress:
        models = pipeline.run(
            directory, explored, choice, trained, machine, refinement=refinement, emulate=emulate, progress=progress
        )
    note = finished_steps.selected(directory).note
    if note:
        console.print(note)
    seen = directory.dataset(trained.dataset)
    print_models(models, seen, explored.task.target, read_references(seen.path))
