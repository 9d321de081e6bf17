"""What each layer of the C reads to make its next row: the rules that row schedules are made from.

A layer is one descriptor of the C project: an operator, or one copy of a concatenation. A series is streamed sample by
sample, so its rows are its time steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from prototypenas.graph.graph import (
    Add,
    AveragePool2d,
    Concat,
    FullyConnected,
    Graph,
    Operator,
    Requantize,
    TensorSpec,
    UpsampleNearest,
    Window,
)

SUM_BYTES = 4
"""Of each channel's sum while a map is averaged row by row."""


@dataclass(frozen=True)
class RowRule:
    """The steps a layer takes, one a row, and the input rows that each of them reads."""

    needs: tuple[int, ...]
    """For each step, input rows that must have been made."""
    firsts: tuple[int, ...]
    """For each step, the first input row it and later ones read; after the last step, all rows there are."""
    sums: bool = False
    """Steps are input rows that are summed; the only output row is made in the last one."""

    @property
    def steps(self) -> int:
        """Steps in all."""
        return len(self.needs)


@dataclass(frozen=True)
class RowLayer:
    """One layer: what it reads and writes, by the names of the maps that lie in memory."""

    operator: int
    reads: tuple[str, ...]
    writes: str
    rule: RowRule
    sum_bytes: int = 0
    elementwise: bool = False
    """Reads a byte before it writes the byte at the same place."""


def is_series(graph: Graph) -> bool:
    """Whether rows are time steps."""
    return len(graph.input_shape) == 2


def rows_and_bytes(spec: TensorSpec, *, series: bool) -> tuple[int, int]:
    """Give the rows of a tensor and the bytes of one."""
    rows = spec.width if series else spec.height
    return rows, spec.elements // rows


def row_bytes_of(graph: Graph, name: str) -> int:
    """Give the bytes of one row of a tensor."""
    return rows_and_bytes(graph.tensors[name], series=is_series(graph))[1]


def row_layers(graph: Graph, places: Mapping[str, str]) -> list[list[RowLayer]]:
    """Give the layers of each operator.

    `places` names the map a tensor is written into: itself, or the concatenation it is written straight into.
    """
    return [_layers(graph, index, places) for index in range(len(graph.operators))]


def averages_whole_map(operator: Operator, tensors: Mapping[str, TensorSpec]) -> bool:
    """Whether the operator is a mean over its whole input, which needs no map when rows are summed as they come."""
    if not isinstance(operator, AveragePool2d):
        return False
    spec = tensors[operator.inputs[0]]
    return operator.window.kernel == (spec.height, spec.width) and tensors[operator.output].elements == spec.channels


def _layers(graph: Graph, index: int, places: Mapping[str, str]) -> list[RowLayer]:
    operator, series = graph.operators[index], is_series(graph)
    target = places.get(operator.output, operator.output)
    rows, _ = rows_and_bytes(graph.tensors[operator.output], series=series)
    if isinstance(operator, Concat):
        copied = [name for name in operator.inputs if places.get(name, name) != operator.output]
        return [RowLayer(index, (places.get(name, name),), target, row_by_row(rows)) for name in copied]
    reads = tuple(dict.fromkeys(places.get(name, name) for name in operator.inputs))
    rule = _rule(operator, graph, rows, series=series)
    sums = SUM_BYTES * graph.tensors[operator.output].channels if rule.sums else 0
    elementwise = isinstance(operator, Add | Requantize)
    return [RowLayer(index, reads, target, rule, sums, elementwise)]


def _rule(operator: Operator, graph: Graph, rows: int, *, series: bool) -> RowRule:
    in_rows, _ = rows_and_bytes(graph.tensors[operator.inputs[0]], series=series)
    if isinstance(operator, FullyConnected):
        return _windows(1, in_rows, (in_rows, 1, 0))
    if isinstance(operator, UpsampleNearest):
        return _repeated(rows, operator.factor)
    window: Window | None = getattr(operator, "window", None)
    if window is None:
        return row_by_row(rows)
    if averages_whole_map(operator, graph.tensors) and in_rows > 1:
        return _summed(in_rows)
    axis = 1 if series else 0
    return _windows(rows, in_rows, (window.kernel[axis], window.stride[axis], window.padding[axis]))


@cache
def row_by_row(rows: int) -> RowRule:
    """Give the rule of a layer that makes each row from the same row."""
    return RowRule(tuple(range(1, rows + 1)), tuple(range(rows + 1)))


@cache
def _summed(rows: int) -> RowRule:
    return RowRule(tuple(range(1, rows + 1)), tuple(range(rows + 1)), sums=True)


@cache
def _repeated(rows: int, factor: int) -> RowRule:
    return RowRule(tuple(row // factor + 1 for row in range(rows)), tuple(row // factor for row in range(rows + 1)))


@cache
def _windows(rows: int, in_rows: int, window: tuple[int, int, int]) -> RowRule:
    kernel, stride, padding = window
    needs = tuple(min(in_rows, max(1, row * stride - padding + kernel)) for row in range(rows))
    firsts = tuple(min(in_rows, max(0, row * stride - padding)) for row in range(rows))
    return RowRule(needs, (*firsts, in_rows))
