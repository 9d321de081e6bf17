"""Two runs side by side: what was asked of them, how far their searches came, and what their models do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prototypenas.objectives import Objective, costs_first
from prototypenas.reporting.report_data import ModelResult
from prototypenas.reporting.table import ABSENT, Table
from prototypenas.reporting.tables import final_table
from prototypenas.selection.hypervolume import hypervolume, normalisation_over
from prototypenas.selection.pareto import nondominated, objectives_of
from prototypenas.types import Explored, Scored


@dataclass(frozen=True)
class ComparedRun:
    """What is compared of one run."""

    name: str
    settings: Mapping[str, Any]
    objectives: tuple[Objective, ...]
    candidates: tuple[Explored, ...]
    models: tuple[ModelResult, ...]


def settings_table(runs: Sequence[ComparedRun]) -> Table:
    """The settings that differ; without rows where none does."""
    names = dict.fromkeys(name for run in runs for name in run.settings)
    rows = [(name, *(_printed(run.settings.get(name)) for run in runs)) for name in names]
    return Table(("Setting", *(run.name for run in runs)), tuple(row for row in rows if len(set(row[1:])) > 1), names=3)


def search_table(runs: Sequence[ComparedRun]) -> Table:
    """How far each search came; the hypervolume is over the objectives that both have, on one scale."""
    shared = [one for one in runs[0].objectives if all(one in run.objectives for run in runs)]
    fitting = [[one for one in run.candidates if isinstance(one, Scored)] for run in runs]
    rows = [
        ("candidates", *(f"{len(run.candidates):,}" for run in runs)),
        ("of them fit", *(f"{len(some):,}" for some in fitting)),
    ]
    if len(shared) > 1 and all(fitting):
        over = ", ".join(one.label for one in shared)
        rows.append((f"hypervolume over {over}", *(f"{volume:.4f}" for volume in _volumes(fitting, shared))))
    return Table(("Search", *(run.name for run in runs)), tuple(rows))


def models_table(runs: Sequence[ComparedRun]) -> Table:
    """All models of all runs, with the number of models of the other runs that are better in everything shown."""
    rows = []
    for run in runs:
        others = [model for other in runs if other is not run for model in other.models]
        for model, row in zip(run.models, final_table(run.models).rows, strict=True):
            rows.append((run.name, *row, str(sum(_beats(other, model) for other in others))))
    headers = final_table([model for run in runs for model in run.models]).headers
    return Table(("Run", *headers, "Beaten by"), tuple(rows), names=3)


def _beats(one: ModelResult, other: ModelResult) -> bool:
    """Whether one model is at least as good as the other in score, RAM, ROM and FLOPs, and better in one of them."""
    values = [_values(model) for model in (one, other)]
    if values[0] is None or values[1] is None:
        return False
    return all(a <= b for a, b in zip(*values, strict=True)) and values[0] != values[1]


def _values(model: ModelResult) -> tuple[float, ...] | None:
    cost, score = model.candidate.cost, model.evaluation
    if score is None:
        return None
    return (-score.int8_score, cost.footprint.ram_bytes, cost.footprint.rom_bytes, cost.flops)


def _volumes(fitting: Sequence[Sequence[Scored]], shared: Sequence[Objective]) -> list[float]:
    points = [objectives_of(some, shared).values for some in fitting]
    fronts = [values[nondominated(values)] for values in points]
    together = np.concatenate(fronts)
    scale = normalisation_over(tuple(one.name for one in costs_first(shared)), together[nondominated(together)])
    return [hypervolume(scale.apply(front), scale.reference) for front in fronts]


def _printed(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or ABSENT
    return ABSENT if value in (None, "") else str(value)
