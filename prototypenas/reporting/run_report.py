"""The page of a run, written from whatever its directory holds."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prototypenas.errors import RunDirectoryError
from prototypenas.exploration.space import SearchSpace
from prototypenas.finished_steps import explored, selected
from prototypenas.refinement.estimated import ESTIMATE
from prototypenas.refinement.refinement_table import read_refinement
from prototypenas.reporting.html_report import write_report
from prototypenas.reporting.importance import parameter_importance
from prototypenas.reporting.next_steps import commands
from prototypenas.reporting.report_data import ModelResult, ReportData
from prototypenas.runs.atomic_files import number_in, read_json, value_in
from prototypenas.runs.class_scores import read_references
from prototypenas.runs.dataset_summary import read_summary
from prototypenas.runs.model_results import model_result
from prototypenas.runs.other_choice import read_other_choice
from prototypenas.runs.run_directory import DatasetDirectory, RunDirectory
from prototypenas.runs.start_record import read_start
from prototypenas.selection import Selection
from prototypenas.types import Target

_log = logging.getLogger(__name__)


def write_run_report(run: RunDirectory, seen: DatasetDirectory | None, target: Target) -> Path:
    """Write the page and the figures of a run from what its directory holds, beside the models of a data set.

    Without a data set the page tells of exploration and selection alone and lies in the run directory itself.

    Raises:
        RunDirectoryError: if nothing was selected, a file is corrupt or the disk full.
    """
    selection, candidates = selected(run), explored(run)
    models = (
        tuple(model_result(seen.model(one.number), one, target) for one in selection.chosen)
        if seen
        else tuple(ModelResult(one) for one in selection.chosen)
    )
    data = ReportData(
        title=" ".join((run.path.resolve().name, *([seen.name] if seen else []))),
        arguments=(*_arguments(run, seen), *_starts(seen, selection)),
        statistics=tuple(_statistics(run)),
        candidates=candidates,
        selection=selection,
        models=models,
        target=target,
        importance=parameter_importance(candidates, _space(run), run.exploration().objectives),
        refinement=read_refinement(run.path) if ESTIMATE in selection.normalisation.names else None,
        other=read_other_choice(run.path),
        references=read_references(seen.path) if seen else (),
        dataset=read_summary(seen.path) if seen else None,
        next_steps=commands(models, seen, target) if seen else (),
    )
    page = seen.report_html if seen else run.path / "report.html"
    write_report(data, page)
    _log.info("report: %s", page)
    return page


def _arguments(run: RunDirectory, seen: DatasetDirectory | None) -> Iterator[tuple[str, str]]:
    preset = run.setting("preset")
    if preset:
        yield "search: preset", str(preset)
    kept = read_json(run.selection_json)
    asked = {name: value_in(kept, name, run.selection_json) for name in ("keep", "space", "solver", "seed")}
    explored = run.exploration()
    limits = [f"{limit.objective.name} {limit.value:g}" for limit in explored.more_limits]
    words = {"objectives": [one.name for one in explored.objectives], "more_limits": limits or None}
    steps = {
        "exploration": {**run.arguments(), **words},
        "selection": asked,
        "evaluation": seen.arguments() if seen else {},
    }
    for step, arguments in steps.items():
        yield from ((f"{step}: {name}", _printed(value)) for name, value in arguments.items())


def _starts(seen: DatasetDirectory | None, selection: Selection) -> Iterator[tuple[str, str]]:
    if seen is None:
        return
    for one in selection.chosen:
        start = read_start(seen.model(one.number))
        if start is not None:
            yield f"evaluation: trial {one.number}", start


def _statistics(run: RunDirectory) -> Iterator[tuple[str, str]]:
    kept = read_json(run.exploration_json)
    wall_seconds, repeated = (number_in(kept, name, run.exploration_json) for name in ("wall_seconds", "repeated"))
    parts = value_in(kept, "evaluation", run.exploration_json)
    build, lower, plan, proxies = (
        number_in(parts, name, run.exploration_json) for name in ("build", "lower", "plan", "proxies")
    )
    yield "Wall time of the exploration", f"{wall_seconds:.0f} s"
    yield "Equal to an earlier network", str(repeated)
    yield "Work in the proxies", f"{proxies:.1f} s"
    yield "Work in build, lowering, plan", f"{build + lower + plan:.1f} s"


def _space(run: RunDirectory) -> SearchSpace:
    """Return the space that was searched."""
    try:
        return SearchSpace.restored(run.arguments()["space"])
    except (KeyError, TypeError, ValueError) as error:
        raise RunDirectoryError(f"{run.run_json} is damaged: it names no search space ({error})") from error


def _printed(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_printed(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return "–" if value is None else str(value)
