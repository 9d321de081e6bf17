"""`prototypenas run`: the whole way."""

from pathlib import Path
from typing import Annotated

import typer

from prototypenas.app.run_settings import InputSettings, RunSettings
from prototypenas.app.settings import (
    DATA,
    SCORING,
    DataSettings,
    DeviceSettings,
    Emulate,
    PartSettings,
    RefinementSettings,
    SearchSettings,
    Seed,
    SelectionSettings,
    StorageSettings,
    TargetSettings,
    TrainingSettings,
)
from prototypenas.command_line.output import Result, console, models_as_json, print_data, print_models, print_preset
from prototypenas.command_line.settings_file import defaults_from_file, defaults_from_run
from prototypenas.command_line.shown_progress import shown_progress

What = Annotated[
    str | None,
    typer.Argument(
        help="Data set; see `list datasets`. Or --data. Or a settings file, whose values options override.",
        callback=defaults_from_file,
        is_eager=True,
    ),
]
Again = Annotated[
    Path | None,
    typer.Option("--again", help="Repeat a run with its own settings.", callback=defaults_from_run, is_eager=True),
]
Out = Annotated[Path | None, typer.Option("--out", help="Run directory; runs/DATASET-TARGET if not given.")]
InputSize = Annotated[
    str | None,
    typer.Option("--input", help="CxHxW or CxT; the data set's own if not given.", rich_help_panel=DATA),
]
ProbeKind = Annotated[
    str, typer.Option("--probe", help="What the proxies look at: gaussian or dataset.", rich_help_panel=SCORING)
]


def run(
    dataset: What = None,
    again: Again = None,
    out: Out = None,
    seed: Seed = 0,
    input_size: InputSize = None,
    probe: ProbeKind = "gaussian",
    emulate: Emulate = False,
    *,
    data: DataSettings,
    target: TargetSettings,
    search: SearchSettings,
    selection: SelectionSettings,
    refinement: RefinementSettings,
    training: TrainingSettings,
    device: DeviceSettings,
    storage: StorageSettings,
    parts: PartSettings,
) -> Result:
    """Go the whole way: explore, select, train + prune + quantize, write C, report. The same command continues it."""
    from prototypenas import finished_steps, pipeline
    from prototypenas.app.whole_way import compose_whole_way
    from prototypenas.runs.class_scores import read_references
    from prototypenas.runs.run_directory import RunDirectory

    given = InputSettings(dataset=dataset, input_size=input_size, probe=probe, seed=seed)
    settings = RunSettings(given, data, target, search, selection, refinement, training, parts)
    way = compose_whole_way(settings, device, storage, place=out or again)
    print_data(way.training)
    print_preset(search.preset)
    directory = RunDirectory.create(way.place)
    with directory.locked(), shown_progress() as progress:
        models = pipeline.run(
            directory,
            way.search,
            way.choice,
            way.training,
            way.machine,
            refinement=way.refinement,
            other=way.other,
            emulate=emulate,
            progress=progress,
        )
    note = finished_steps.selected(directory).note
    if note:
        console.print(note)
    seen = directory.dataset(way.training.dataset)
    print_models(models, seen, way.search.task.target, read_references(seen.path))
    return {"run": str(way.place), "report": str(seen.report_html), "note": note, "models": models_as_json(models)}
