"""A configuration drawn as a table: its superblocks one by one, with channels, MACs and RAM at that point."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import torch

from prototypenas.costing.memory_plan import MemoryPlan, PlanRow, plan_memory
from prototypenas.graph.graph import Graph
from prototypenas.graph.lowering import lower
from prototypenas.graph.operator import Operator
from prototypenas.protocols import Baseline
from prototypenas.types import Configuration, GroupConfiguration, InputShape


@dataclass(frozen=True)
class ArchitectureRow:
    """One superblock, or the stem or head as a whole."""

    part: str
    """`stem`, `group 0` to `group 3`, `head`."""
    block: int | None
    """Number of the superblock in its group; `None` for stem and head."""
    kernel: int | None
    """Of the first spatial convolution."""
    stride: int | None
    channels: int
    """Output channels before pruning."""
    kept: int
    """Output channels after pruning."""
    size: tuple[int, int]
    """Height and width of the output; a series has height 1."""
    macs: int
    ram_bytes: int
    """Most bytes of the arena in use while this part runs, tensors shared with other parts included."""


def describe(
    baseline: Baseline, configuration: Configuration, input_shape: InputShape, num_classes: int
) -> tuple[ArchitectureRow, ...]:
    """Return the rows of a configuration from stem to head, from shapes alone.

    Raises:
        InvalidConfiguration: where no network can be built.
        LoweringError: where a function has no operator.
    """
    with torch.device("meta"):
        graph = lower(baseline(configuration, input_shape, num_classes), input_shape)
        unpruned = lower(baseline(configuration.unpruned(), input_shape, num_classes), input_shape)
    before = {path: unpruned.tensors[operators[-1].output].channels for path, operators in _parts(unpruned)}
    in_use = _bytes_in_use(graph, plan_memory(graph))
    rows, start = [], 0
    for path, operators in _parts(graph):
        peak = max(in_use[start : start + len(operators)])
        start += len(operators)
        rows.append(_row(path, operators, graph, configuration, channels=before[path], ram_bytes=peak))
    return tuple(rows)


def _row(
    path: tuple[str, ...],
    operators: Sequence[Operator],
    graph: Graph,
    configuration: Configuration,
    *,
    channels: int,
    ram_bytes: int,
) -> ArchitectureRow:
    group = int(path[1]) if path[0] == "groups" else None
    block = int(path[2]) if path[0] == "groups" else None
    searched = GroupConfiguration() if group is None else configuration.groups[group]
    output = graph.tensors[operators[-1].output]
    return ArchitectureRow(
        part=path[0] if group is None else f"group {group}",
        block=block,
        kernel=None if group is None else searched.kernel,
        stride=None if group is None else searched.stride if block == 0 else 1,
        channels=channels,
        kept=output.channels,
        size=(output.height, output.width),
        macs=sum(operator.macs(graph.tensors) for operator in operators),
        ram_bytes=ram_bytes,
    )


def _parts(graph: Graph) -> list[tuple[tuple[str, ...], list[Operator]]]:
    """Cut the operators, which run part after part, where the superblock changes."""
    return [(path, list(operators)) for path, operators in groupby(graph.operators, _path)]


def _path(operator: Operator) -> tuple[str, ...]:
    names = operator.name.split(".")
    return tuple(names[:3]) if names[0] == "groups" else (names[0],)


def _bytes_in_use(graph: Graph, plan: MemoryPlan) -> list[int]:
    """Return the bytes that hold live tensors at every operator; bytes that two of them share count once."""
    rows = plan.rows(graph)
    return [_covered([row for row in rows if row.first <= step <= row.last]) for step in range(len(graph.operators))]


def _covered(rows: Sequence[PlanRow]) -> int:
    covered, end = 0, 0
    for row in sorted(rows, key=lambda row: row.offset):
        until = row.offset + row.size
        covered += max(0, until - max(end, row.offset))
        end = max(end, until)
    return covered
