"""Cuts a network into segments, run row by row or layer by layer, so that the greatest need of memory is least.

A segment that is run row by row keeps rings of the maps that live in it only, and whole maps of all others. Segments
cost the less the fewer whole maps they touch, and the greatest cost of any segment is what the network costs: the
cheapest cuts are the path of least greatest cost through all positions, found by dynamic programming. Among those the
path with the fewest rows is taken: where rows save nothing, layers are run one after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True)
class Cuts:
    """The segments in order, and the greatest cost of one."""

    parts: Sequence[Cut]
    most_bytes: int


Bytes = NDArray[np.int64]
"""By first operator and end of a segment."""

NEVER = np.iinfo(np.int64).max
"""Cost of a segment that cannot be run by rows."""


def cut(problem: Problem, *, below: int = NEVER) -> Cuts | None:
    """Return the cuts of the least greatest cost; `None` where none cost less than `below`, or there are none at all.

    There are none where the first operator of a streamed input runs over whole maps only.
    """
    search = _Search(problem)
    if search.lower_bound() >= below:
        return None
    limit = search.least_greatest()
    return Cuts(search.fewest_rows(limit), limit) if limit < below else None


class _Search:
    """Costs of all segments by rows, without any overlap (`apart`) and with the best there could be (`least`)."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.count = len(problem.layers)
        self.rows_before = [0, *accumulate(sum(layer.rule.steps for layer in layers) for layers in problem.layers)]
        ends = [_reach(problem, first) for first in range(self.count)]
        places = np.arange(self.count + 1)
        shortest = places[:-1] + 2
        if problem.streamed:
            shortest[0] = 1
        allowed = (places >= shortest[:, None]) & (places <= np.array(ends)[:, None])
        apart, most = _segment_bytes(problem)
        saves = apart - most < max(problem.layer_bytes)
        if problem.streamed:
            saves[0] = True
        self.apart = np.where(allowed & saves, apart, NEVER)
        self.least = np.where(allowed & saves, apart - most, NEVER)
        self.known: dict[tuple[int, int], int] = {}

    def lower_bound(self) -> int:
        """Return what the least greatest cost cannot go below."""
        return self._greatest(self.least)

    def least_greatest(self) -> int:
        """Return the greatest cost of a segment where it is least."""
        low, high = self.lower_bound(), self._greatest(self.apart)
        best = [low] + [high] * self.count
        for first in range(self.count):
            if self._layer_allowed(first):
                best[first + 1] = min(best[first + 1], max(best[first], self.problem.layer_bytes[first]))
            for end in np.flatnonzero(self.least[first] < best).tolist():
                if best[first] < best[end]:
                    cost = self._cost(first, end) if self.apart[first, end] > best[first] else best[first]
                    best[end] = min(best[end], max(best[first], cost))
        return best[self.count]

    def _greatest(self, costs: Bytes) -> int:
        """Return the greatest cost on the path where it is least, if segments cost this much."""
        best = np.full(self.count + 1, NEVER)
        best[0] = 0
        for first in range(self.count):
            if self._layer_allowed(first):
                best[first + 1] = min(best[first + 1], max(best[first], self.problem.layer_bytes[first]))
            np.minimum(best, np.maximum(best[first], costs[first]), out=best)
        return int(best[self.count])

    def fewest_rows(self, limit: int) -> list[Cut]:
        """Return the path within a limit that runs the fewest rows."""
        never = self.rows_before[-1] + 1
        best, came = [0] + [never] * self.count, [Cut(0, 0, by_rows=False)] * (self.count + 1)
        for first in range(self.count):
            within = self._layer_allowed(first) and self.problem.layer_bytes[first] <= limit
            if within and best[first] < best[first + 1]:
                best[first + 1], came[first + 1] = best[first], Cut(first, first + 1, by_rows=False)
            for end in np.flatnonzero(self.least[first] <= limit).tolist():
                rows = best[first] + self.rows_before[end] - self.rows_before[first]
                if rows < best[end] and (self.apart[first, end] <= limit or self._cost(first, end) <= limit):
                    best[end], came[end] = rows, Cut(first, end, by_rows=True)
        path = [came[self.count]]
        while path[-1].first > 0:
            path.append(came[path[-1].first])
        return path[::-1]

    def _cost(self, first: int, end: int) -> int:
        """Return the bytes of a segment, its best overlap included."""
        if (first, end) not in self.known:
            blocks, outputs = self.problem.blocks, self.problem.outputs
            ending = [block for block in blocks if block.first < first <= block.last < end]
            beginning = [
                block for block in blocks if first <= block.first < end and (block.last >= end or block.name in outputs)
            ]
            saved = [self._shared(source, target) for source in ending for target in beginning]
            self.known[first, end] = int(self.apart[first, end]) - max(saved, default=0)
        return self.known[first, end]

    def _shared(self, source: Block, target: Block) -> int:
        lead = min(self.problem.estimates.lead(source.name, target.name), target.size)
        return source.size + target.size - max(target.size, lead + source.size)

    def _layer_allowed(self, first: int) -> bool:
        return first > 0 or not self.problem.streamed


def _segment_bytes(problem: Problem) -> tuple[Bytes, Bytes]:
    """Return what every segment keeps, nothing over anything else, and the most that a pair of blocks could share."""
    count = len(problem.layers)
    kept, ending, beginning = (np.zeros((count, count + 1), np.int64) for _ in range(3))
    for block in problem.blocks:
        first, last = block.first, block.last
        kept[max(first + 1, 0) : last + 1] += block.size
        ending[max(first + 1, 0) : last + 1, last + 1 :] = np.maximum(
            ending[max(first + 1, 0) : last + 1, last + 1 :], block.size
        )
        if first < 0:
            continue
        inner = count + 1 if block.name in problem.outputs else last + 1
        kept[: first + 1, first + 1 : inner] += block.size
        kept[: first + 1, inner:] += (
            problem.estimates.ring_rows[block.name] * problem.estimates.maps[block.name].row_bytes
        )
        part = beginning[: first + 1, first + 1 : inner]
        np.maximum(part, block.size, out=part)
    for operator, layers in enumerate(problem.layers):
        kept[: operator + 1, operator + 1 :] += sum(layer.sum_bytes for layer in layers)
    return kept, np.minimum(ending, beginning)


def _reach(problem: Problem, first: int) -> int:
    """Return the end of the longest segment by rows from an operator on; the operator itself if there is none."""
    source = problem.blocks[0]
    streamed = problem.streamed and first == 0
    driver = source.name if streamed else _driver(problem, first)
    follows = {driver, source.name} if streamed else {driver}
    count = 0
    for operator in range(first, len(problem.layers)):
        count += len(problem.layers[operator])
        for layer in problem.layers[operator]:
            if count >= TAKE_ROW or not layer.by_rows or follows.isdisjoint(layer.reads):
                return operator
            follows.add(layer.writes)
    return len(problem.layers)


def _driver(problem: Problem, first: int) -> str | None:
    """Return the map whose rows set the pace: one of several rows that the first operator reads."""
    outside = {block.name for block in problem.blocks if block.first < first <= block.last}
    reads = {name for layer in problem.layers[first] for name in layer.reads}
    found = [name for name in reads if name in outside and problem.estimates.maps[name].rows > 1]
    return min(found, default=None)
