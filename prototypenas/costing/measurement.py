"""Everything known of a network on a target before it is compiled, in one result."""

from dataclasses import dataclass

from torch import nn

from prototypenas.costing.footprint import cost_of
from prototypenas.costing.latency import LatencyEstimate, estimate_latency
from prototypenas.costing.memory_plan import MemoryPlan, plan_memory
from prototypenas.graph.graph import Graph
from prototypenas.graph.lowering import lower
from prototypenas.graph.operator import Operator
from prototypenas.types import Cost, InputShape, Target


@dataclass(frozen=True)
class LayerRow:
    """One operator as tables print it."""

    name: str
    kind: str
    output_shape: tuple[int, int, int]
    """Height, width, channels."""
    macs: int
    parameters: int
    live_bytes: int
    """Tensors kept in RAM while it runs, overlap not taken off."""
    latency_ms: float | None
    """An estimate; None where the core has none."""


@dataclass(frozen=True)
class Measurement:
    """A network priced on a target."""

    graph: Graph
    plan: MemoryPlan
    cost: Cost
    latency: LatencyEstimate | None
    """None for a core that no published timing calibrates."""
    layers: tuple[LayerRow, ...]
    violations: dict[str, float]
    """Relative excess over each limit of the target's budget; at most 0 fits."""


def measure_network(module: nn.Module, input_shape: InputShape, target: Target) -> Measurement:
    """Lower, plan and price a network; it is not run and not changed.

    Raises:
        LoweringError: where a function has no operator.
        ConfigurationError: where `input_shape` is neither `(C, H, W)` nor `(C, T)`.
    """
    return measure_graph(lower(module, input_shape), target)


def measure_graph(graph: Graph, target: Target) -> Measurement:
    """Plan and price a graph of any stage."""
    plan = plan_memory(graph, target.execution)
    cost = cost_of(graph, target, plan)
    latency = estimate_latency(graph, target)
    milliseconds = [None] * len(graph.operators) if latency is None else [layer.latency_ms for layer in latency.layers]
    rows = tuple(
        _row(graph, plan, index, estimate)
        for index, estimate in zip(range(len(graph.operators)), milliseconds, strict=True)
    )
    return Measurement(graph, plan, cost, latency, rows, target.budget.violations(cost))


def _row(graph: Graph, plan: MemoryPlan, index: int, latency_ms: float | None) -> LayerRow:
    operator: Operator = graph.operators[index]
    output = graph.tensors[operator.output]
    live = [row.size for row in plan.rows(graph) if row.first <= index <= row.last]
    return LayerRow(
        name=operator.name,
        kind=type(operator).__name__,
        output_shape=(output.height, output.width, output.channels),
        macs=operator.macs(graph.tensors),
        parameters=operator.parameters(),
        live_bytes=sum(live),
        latency_ms=latency_ms,
    )
