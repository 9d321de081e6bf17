"""Cuts a network into segments, run row by row or layer by layer, so that the greatest need of memory is least.

A segment that is run row by row keeps rings of the maps that live in it only, and whole maps of all others. Segments
cost the less the fewer whole maps they touch, and the greatest cost of any segment is what the network costs: the
cheapest cuts are the path of least greatest cost through all positions, found by dynamic programming. Among those the
path with the fewest rows is taken: where rows save nothing, layers are run one after the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from prototypenas.costing.offset_assignment import Block
from prototypenas.costing.row_estimates import RowEstimates
from prototypenas.costing.row_layers import RowLayer
from prototypenas.costing.row_schedule import TAKE_ROW


@dataclass(frozen=True)
class Cut:
    """Operators `first` to `end - 1`: run row by row, or one operator as a layer."""

    first: int
    end: int
    by_rows: bool


@dataclass(frozen=True)
class Problem:
    """What is cut: layers by operator, blocks over operators, and their bytes layer by layer."""

    layers: Sequence[Sequence[RowLayer]]
    blocks: Sequence[Block]
    """The network's input first; one that is streamed begins with the first operator, another before it, at -1."""
    outputs: frozenset[str]
    layer_bytes: Sequence[int]
    """Least bytes of each operator as a layer of its own."""
    estimates: RowEstimates
    streamed: bool


def cut(problem: Problem) -> list[Cut]:
    """Return the segments in order."""
    search = _Search(problem)
    limit = search.least_greatest()
    return search.fewest_rows(limit)


@dataclass(frozen=True)
class _Edge:
    """A possible segment: bytes without any overlap and with the best there could be, and what may overlap."""

    end: int
    apart_bytes: int
    least_bytes: int
    ending: tuple[Block, ...]
    beginning: tuple[Block, ...]


class _Search:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.count = len(problem.layers)
        self.greatest = max(problem.layer_bytes)
        self.starting: list[list[Block]] = [[] for _ in range(self.count)]
        self.stopping: list[list[Block]] = [[] for _ in range(self.count)]
        for block in problem.blocks:
            self.starting[max(block.first, 0)].append(block)
            self.stopping[block.last].append(block)
        self.rows_before = [0, *accumulate(sum(layer.rule.steps for layer in layers) for layers in problem.layers)]
        self.layers_before = [0, *accumulate(map(len, problem.layers))]
        self.sum_bytes = [sum(layer.sum_bytes for layer in layers) for layers in problem.layers]
        self.ring_bytes = {
            name: rows * problem.estimates.maps[name].row_bytes for name, rows in problem.estimates.ring_rows.items()
        }
        self.edges = [list(_segments(self, first)) for first in range(self.count)]
        self.known: dict[tuple[int, int], int] = {}

    def least_greatest(self) -> int:
        """Return the greatest cost of a segment where it is least."""
        best = [0] + [sum(block.size for block in self.problem.blocks) + 1] * self.count
        for first in range(self.count):
            if self._layer_allowed(first):
                best[first + 1] = min(best[first + 1], max(best[first], self.problem.layer_bytes[first]))
            for edge in self.edges[first]:
                if best[first] < best[edge.end] and edge.least_bytes < best[edge.end]:
                    best[edge.end] = min(best[edge.end], max(best[first], self._cost(first, edge)))
        return best[self.count]

    def fewest_rows(self, limit: int) -> list[Cut]:
        """Return the path within a limit that runs the fewest rows."""
        never = self.rows_before[-1] + 1
        best, came = [0] + [never] * self.count, [Cut(0, 0, by_rows=False)] * (self.count + 1)
        for first in range(self.count):
            within = self._layer_allowed(first) and self.problem.layer_bytes[first] <= limit
            if within and best[first] < best[first + 1]:
                best[first + 1], came[first + 1] = best[first], Cut(first, first + 1, by_rows=False)
            for edge in self.edges[first]:
                rows = best[first] + self.rows_before[edge.end] - self.rows_before[first]
                if rows < best[edge.end] and self._within(first, edge, limit):
                    best[edge.end], came[edge.end] = rows, Cut(first, edge.end, by_rows=True)
        path = [came[self.count]]
        while path[-1].first > 0:
            path.append(came[path[-1].first])
        return path[::-1]

    def _within(self, first: int, edge: _Edge, limit: int) -> bool:
        return edge.apart_bytes <= limit or (edge.least_bytes <= limit and self._cost(first, edge) <= limit)

    def _cost(self, first: int, edge: _Edge) -> int:
        """Return the bytes of a segment, its best overlap included."""
        if (first, edge.end) not in self.known:
            saved = [self._shared(source, target) for source in edge.ending for target in edge.beginning]
            self.known[first, edge.end] = edge.apart_bytes - max(saved, default=0)
        return self.known[first, edge.end]

    def _shared(self, source: Block, target: Block) -> int:
        lead = min(self.problem.estimates.lead(source.name, target.name), target.size)
        return source.size + target.size - max(target.size, lead + source.size)

    def _layer_allowed(self, first: int) -> bool:
        return first > 0 or not self.problem.streamed


def _segments(search: _Search, first: int) -> Iterator[_Edge]:
    """Return the segments by rows that begin at an operator, the shortest first; none that saves nothing."""
    problem, source = search.problem, search.problem.blocks[0]
    streamed = problem.streamed and first == 0
    outside = {block.name: block for block in problem.blocks if block.first < first <= block.last}
    total = sum(block.size for block in outside.values())
    driver = source.name if streamed else _driver(problem, first, outside)
    follows = {driver, source.name} if streamed else {driver}
    ending: tuple[Block, ...] = ()
    beginning: dict[str, Block] = {}
    for operator in range(first, search.count):
        layers = problem.layers[operator]
        if search.layers_before[operator + 1] - search.layers_before[first] >= TAKE_ROW:
            return
        for layer in layers:
            if not layer.by_rows or follows.isdisjoint(layer.reads):
                return
            follows.add(layer.writes)
        for block in search.starting[operator]:
            if block.name not in outside:
                total += block.size
                beginning[block.name] = block
        total += search.sum_bytes[operator]
        for block in search.stopping[operator]:
            if block.name in outside:
                ending = (*ending, block)
            elif block.name not in problem.outputs:
                total += search.ring_bytes[block.name] - beginning.pop(block.name).size
        if operator > first or streamed:
            most = min(max((block.size for block in blocks), default=0) for blocks in (ending, beginning.values()))
            if streamed or total - most < search.greatest:
                yield _Edge(operator + 1, total, total - most, ending, tuple(beginning.values()))


def _driver(problem: Problem, first: int, outside: Mapping[str, Block]) -> str | None:
    """Return the map whose rows set the pace: one of several rows that the first operator reads."""
    reads = {name for layer in problem.layers[first] for name in layer.reads}
    found = [name for name in reads if name in outside and problem.estimates.maps[name].rows > 1]
    return min(found, default=None)
