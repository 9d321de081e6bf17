"""`prototypenas search-proxyless`: the rival's search, with a network trained and delivered as ours are."""

from pathlib import Path
from typing import Annotated

import typer

from prototypenas.app.proxyless_settings import ProxylessSettings
from prototypenas.app.run_settings import InputSettings, RunSettings
from prototypenas.app.settings import (
    DATA,
    MACHINE,
    DataSettings,
    PartSettings,
    Seed,
    TargetSettings,
    TrainingSettings,
)
from prototypenas.command_line.output import Result, console, models_as_json
from prototypenas.command_line.shown_progress import shown_progress


def search_proxyless(
    dataset: Annotated[str | None, typer.Argument(help="Data set of pictures; see `list datasets`. Or --data.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder; runs/DATASET-TARGET-proxyless if not given.")
    ] = None,
    seed: Seed = 0,
    input_size: Annotated[
        str | None, typer.Option("--input", help="CxHxW; the data set's own if not given.", rich_help_panel=DATA)
    ] = None,
    device: Annotated[
        str, typer.Option("--device", help="Where it is searched and trained: cpu, cuda, ...", rich_help_panel=MACHINE)
    ] = "cpu",
    *,
    proxyless: ProxylessSettings,
    data: DataSettings,
    target: TargetSettings,
    training: TrainingSettings,
    parts: PartSettings,
) -> Result:
    """Search as ProxylessNAS does: train one network that holds all candidates, on your data, at a wanted latency."""
    from prototypenas.app.proxyless import compose_proxyless
    from prototypenas.reporting.console import print_table
    from prototypenas.reporting.tables import final_table

    given = InputSettings(dataset=dataset, input_size=input_size, seed=seed)
    settings = RunSettings(given, data, target, training=training, parts=parts)
    way = compose_proxyless(proxyless, settings, place=out, device=device)
    with shown_progress() as progress:
        found = way.run(progress)
    console.print(f"{' '.join(found.searched.choices)}", highlight=False)
    print_table(console, final_table([found.model.result]))
    console.print(f"{found.said}; in {found.path}", highlight=False)
    return {
        "run": str(found.path),
        "choices": found.searched.choices,
        "wanted": found.wanted,
        "found": found.searched.cost,
        "unit": found.costs.objective.unit,
        "over_budget": found.over_budget,
        "processor_seconds": found.processor_seconds,
        "models": models_as_json([found.model.result]),
    }
