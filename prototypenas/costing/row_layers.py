"""What each layer of the C reads to make its next row: the rules that row schedules are made from.

A layer is one descriptor of the C project: an operator, or one copy of a concatenation. A series is streamed sample by
sample, so its rows are its time steps.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache

from prototypenas.graph.graph import AnyStage, Graph
from prototypenas.graph.operator import ROW_BY_ROW, RowReads
from prototypenas.graph.tensors import TensorSpec

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
    by_rows: bool = True
    """Whether it can be run row by row."""
    elementwise: bool = False
    """Reads a byte before it writes the byte at the same place."""


def is_series(graph: Graph) -> bool:
    """Whether rows are time steps."""
    return len(graph.input_shape) == 2


def rows_and_bytes(spec: TensorSpec, *, series: bool) -> tuple[int, int]:
    """Return the rows of a tensor and the bytes of one."""
    rows = spec.width if series else spec.height
    return rows, spec.elements // rows


def with_steps_as_rows(graph: AnyStage) -> AnyStage:
    """Return a series' graph with time along the height: the same bytes, the same weights, in the same order."""
    tensors = {name: replace(spec, height=spec.width, width=spec.height) for name, spec in graph.tensors.items()}
    operators = tuple(
        replace(operator, window=operator.window.transposed)  # type: ignore[call-arg]
        if hasattr(operator, "window")
        else operator
        for operator in graph.operators
    )
    return replace(graph, tensors=tensors, operators=operators)


def row_bytes_of(graph: Graph, name: str) -> int:
    """Return the bytes of one row of a tensor."""
    return rows_and_bytes(graph.tensors[name], series=is_series(graph))[1]


def row_layers(graph: Graph, places: Mapping[str, str]) -> list[list[RowLayer]]:
    """Return the layers of each operator.

    `places` names the map a tensor is written into: itself, or the concatenation it is written straight into.
    """
    in_place = frozenset(name for name, place in places.items() if place != name)
    return [_layers(graph, index, places, in_place) for index in range(len(graph.operators))]


def _layers(graph: Graph, index: int, places: Mapping[str, str], in_place: Collection[str]) -> list[RowLayer]:
    operator, series = graph.operators[index], is_series(graph)
    found = operator.reads_rows(graph.tensors, columns=series)
    in_rows, _ = rows_and_bytes(graph.tensors[operator.inputs[0]], series=series)
    rows, _ = rows_and_bytes(graph.tensors[operator.output], series=series)
    reads = found or RowReads(in_rows)
    if reads.summed:
        reads = RowReads(1, summed=in_rows > 1)
    rule = _rule(rows, in_rows, reads)
    sums = SUM_BYTES * graph.tensors[operator.output].channels if rule.sums else 0
    elementwise = reads == ROW_BY_ROW and operator.input_lead_bytes(graph.tensors) == 0
    target = places[operator.output]
    return [
        RowLayer(
            operator=index,
            reads=tuple(dict.fromkeys(places[name] for name in layer.inputs)),
            writes=target,
            rule=rule,
            sum_bytes=sums,
            by_rows=found is not None,
            elementwise=elementwise,
        )
        for layer in operator.c_layers(graph.tensors, in_place)
    ]


@cache
def _rule(rows: int, in_rows: int, reads: RowReads) -> RowRule:
    """Return the steps of a layer from the rows of its output and of its input."""
    steps = in_rows if reads.summed else rows
    firsts = [row * reads.stride // reads.repeat - reads.padding for row in range(steps)]
    needs = tuple(min(in_rows, max(1, first + reads.kernel)) for first in firsts)
    return RowRule(needs, (*(min(in_rows, max(0, first)) for first in firsts), in_rows), reads.summed)
