"""What a model's folder holds, gathered for the terminal and the page."""

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

from prototypenas.deployment.delivery import DELIVERY, Delivery, read_delivery
from prototypenas.deployment.graph_file import GRAPH, load_graph
from prototypenas.deployment.latency import estimate_latency
from prototypenas.deployment.memory_plan import plan_memory
from prototypenas.reporting.report_data import ModelResult, SizeComparison, read_history
from prototypenas.run_directory import number_in, read_json, value_in
from prototypenas.types import Candidate, Evaluation, Target


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
    metric = str(value_in(content, "metric", file))
    measured = {item.name: number_in(content, item.name, file) for item in fields(Evaluation) if item.name != "metric"}
    return Evaluation(metric, **measured)


def _sizes(delivery: Delivery) -> Iterator[SizeComparison]:
    for part, measured in delivery.measured_bytes.items():
        yield SizeComparison(part, delivery.planned_bytes[part], measured)
