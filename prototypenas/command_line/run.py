"""`prototypenas run`: the whole way."""

from pathlib import Path
from typing import Annotated

import typer

from prototypenas import pipeline
from prototypenas.app.catalogue import gather
from prototypenas.app.composition import (
    check_names,
    compose_choice,
    compose_machine,
    compose_probe,
    compose_search,
    compose_target,
    compose_training,
    task_of,
)
from prototypenas.app.settings import (
    DATA,
    SCORING,
    DataSettings,
    DeviceSettings,
    Emulate,
    PartSettings,
    SearchSettings,
    Seed,
    SelectionSettings,
    StorageSettings,
    TargetSettings,
    TrainingSettings,
)
from prototypenas.command_line.output import console, print_data, print_models
from prototypenas.reporting.console import ProgressBars
from prototypenas.runs.class_scores import read_references
from prototypenas.runs.run_directory import RunDirectory, check_place


def run(
    dataset: Annotated[str | None, typer.Argument(help="Data set; see `list datasets`. Or --data.")] = None,
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
    catalogue = gather(parts.plugin, parts.target_files)
    goal = compose_target(catalogue, target)
    choice = compose_choice(selection, seed)
    machine = compose_machine(device, storage)
    check_names(catalogue, search, probe)
    check_place(out or Path("runs") / f"{dataset}-{target.target}")
    trained = compose_training(
        catalogue, dataset, data, training, input_size=input_size, seed=seed, device=device.device
    )
    evaluator = trained.evaluator
    print_data(trained)
    explored = compose_search(
        catalogue,
        search,
        task_of(evaluator),
        evaluator.input_shape,
        evaluator.num_classes,
        target=goal,
        probe=compose_probe(probe, evaluator, search.probe_batch, seed),
        seed=seed,
        device=device.device,
    )
    directory = RunDirectory.create(out or Path("runs") / f"{trained.dataset}-{target.target}")
    with ProgressBars(console) as progress:
        models = pipeline.run(directory, explored, choice, trained, machine, emulate=emulate, progress=progress)
    note = pipeline.selected(directory).note
    if note:
        console.print(note)
    seen = directory.for_dataset(trained.dataset)
    print_models(models, seen.report_html, read_references(seen.results))
