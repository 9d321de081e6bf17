"""What a model's folder holds, gathered for the terminal and the page."""

from dataclasses import fields, replace
from pathlib import Path

from prototypenas.errors import RunDirectoryError
from prototypenas.reporting.report_data import ModelResult, read_history
from prototypenas.runs.atomic_files import number_in, read_json, value_in
from prototypenas.runs.class_scores import read_class_scores
from prototypenas.runs.delivery_record import DELIVERY, read_delivery
from prototypenas.runs.detection_results import read_detections
from prototypenas.types import Evaluation, Scored, Target


def model_result(directory: Path, candidate: Scored, target: Target) -> ModelResult:
    """Gather what a model's folder holds; steps not done yet leave their parts empty.

    What a trained model costs is priced anew: its data set may have other classes than it was explored for.
    """
    if not directory.is_dir():
        return ModelResult(candidate)
    result = ModelResult(
        candidate,
        read_evaluation(directory),
        history=read_history(directory / "history.csv"),
        by_class=read_class_scores(directory),
        detections=read_detections(directory),
    )
    result = _with_graph(result, directory, target)
    if (directory / DELIVERY).exists():
        result = replace(result, delivery=read_delivery(directory))
    return result


def _with_graph(result: ModelResult, directory: Path, target: Target) -> ModelResult:
    """Add the integer graph and what it costs, where it is there."""
    # PyTorch comes with them, which a run without trained models does not need.
    from prototypenas.costing.footprint import cost_of  # noqa: PLC0415
    from prototypenas.costing.latency import estimate_latency  # noqa: PLC0415
    from prototypenas.costing.memory_plan import plan_memory  # noqa: PLC0415
    from prototypenas.detection.head import HEAD  # noqa: PLC0415
    from prototypenas.graph.graph_file import GRAPH, load_graph  # noqa: PLC0415

    if not (directory / GRAPH).exists():
        return result
    graph = load_graph(directory / GRAPH)
    plan = plan_memory(graph, target.execution)
    priced = replace(result.candidate, cost=cost_of(graph, target, plan, detects=(directory / HEAD).exists()))
    return replace(result, candidate=priced, graph=graph, plan=plan, latency=estimate_latency(graph, target))


def read_evaluation(directory: Path) -> Evaluation | None:
    """Read a model's metrics; `None` where it is not trained yet.

    Raises:
        RunDirectoryError: if the file is corrupt.
    """
    file = directory / "metrics.json"
    if not file.exists():
        return None
    content = read_json(file)
    metric = str(value_in(content, "metric", file))
    numbers = [item.name for item in fields(Evaluation) if item.name not in ("metric", "details")]
    measured = {name: number_in(content, name, file) for name in numbers}
    details = content.get("details", {})
    if not isinstance(details, dict):
        raise RunDirectoryError(f"{file} is damaged: details are {details!r}; remove it to test this model again")
    return Evaluation(metric, **measured, details={name: number_in(details, name, file) for name in details})
