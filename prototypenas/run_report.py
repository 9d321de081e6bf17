"""What a run directory holds of its chosen models, gathered for the terminal and the page."""

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import optuna

from prototypenas.dataset_summary import read_summary
from prototypenas.deployment.delivery import DELIVERY, Delivery, read_delivery
from prototypenas.deployment.graph_file import load_graph
from prototypenas.deployment.latency import estimate_latency
from prototypenas.deployment.memory_plan import plan_memory
from prototypenas.errors import RunDirectoryError
from prototypenas.exploration.candidate_table import read_candidates
from prototypenas.exploration.study_mirror import STUDY_FILE
from prototypenas.reporting.html_report import write_report
from prototypenas.reporting.importance import parameter_importance
from prototypenas.reporting.report_data import ModelResult, ReportData, SizeComparison, read_history
from prototypenas.run_directory import RunDirectory, read_json, value_in
from prototypenas.selection import Selection
from prototypenas.types import Candidate, Evaluation, Target

GRAPH = "graph_int8.npz"
"""The quantized graph in a model's folder."""


def model_result(directory: Path, candidate: Candidate, target: Target) -> ModelResult:
    """Gather what a model's folder holds; steps not done yet leave their parts empty."""
    result = ModelResult(candidate, read_evaluation(directory), history=read_history(directory / "history.csv"))
    if (directory / GRAPH).exists():
        graph = load_graph(directory / GRAPH)
        latency = estimate_latency(graph, target)
        milliseconds = None if latency is None else latency.latency_ms
        result = replace(result, graph=graph, plan=plan_memory(graph), latency_ms=milliseconds)
    if (directory / DELIVERY).exists():
        delivery = read_delivery(directory)
        result = replace(result, c_score=delivery.c_score, sizes=tuple(_sizes(delivery)))
    return result


def read_evaluation(directory: Path) -> Evaluation | None:
    """Read a model's metrics; `None` where it is not trained yet.

    Raises:
        RunDirectoryError: if the file is corrupt.
    """
    file = directory / "metrics.json"
    if not file.exists():
        return None
    content = read_json(file)
    try:
        return Evaluation(**{item.name: content[item.name] for item in fields(Evaluation)})
    except KeyError as error:
        raise RunDirectoryError(f"{file} has no {error}; remove it to test this model again") from error


def write_run_report(run: RunDirectory, selection: Selection, target: Target) -> Path:
    """Write the page and the figures of a run from what its directory holds.

    Raises:
        RunDirectoryError: if a file is corrupt or the disk full.
    """
    models = tuple(model_result(run.model(one.number), one, target) for one in selection.chosen)
    data = ReportData(
        title=run.results.resolve().name,
        arguments=tuple(_arguments(run)),
        statistics=tuple(_statistics(run)),
        candidates=read_candidates(run.candidates_csv),
        selection=selection,
        models=models,
        target=target,
        importance=_importance(run),
        dataset=read_summary(run.results),
    )
    write_report(data, run.report_html)
    return run.report_html


def _sizes(delivery: Delivery) -> Iterator[SizeComparison]:
    for part, measured in delivery.measured_bytes.items():
        yield SizeComparison(part, delivery.planned_bytes[part], measured)


def _arguments(run: RunDirectory) -> Iterator[tuple[str, str]]:
    for section in ("exploration", "selection", run.evaluation_section):
        if run.has(section):
            step = section.split()[0]
            yield from ((f"{step}: {name}", _printed(value)) for name, value in run.arguments(section).items())


def _statistics(run: RunDirectory) -> Iterator[tuple[str, str]]:
    kept = read_json(run.exploration_json)
    names = ("evaluation", "wall_seconds", "repeated")
    parts, wall_seconds, repeated = (value_in(kept, name, run.exploration_json) for name in names)
    yield "Wall time of the exploration", f"{wall_seconds:.0f} s"
    yield "Equal to an earlier network", str(repeated)
    yield "Work in the proxies", f"{parts['proxies']:.1f} s"
    yield "Work in build, lowering, plan", f"{parts['build'] + parts['lower'] + parts['plan']:.1f} s"


def _importance(run: RunDirectory) -> dict[str, dict[str, float]]:
    file = run.path / STUDY_FILE
    if not file.exists():
        return {}
    storage = f"sqlite:///{file}"
    names = optuna.study.get_all_study_names(storage)
    return parameter_importance(optuna.load_study(study_name=names[0], storage=storage)) if names else {}


def _printed(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return "–" if value is None else str(value)
