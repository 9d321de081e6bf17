"""Segments of a network run row by row: where they begin and end, and what is kept while they run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from prototypenas.costing.offset_assignment import Block, step_bounds
from prototypenas.costing.plan_structure import Structure
from prototypenas.costing.row_estimates import RowEstimates
from prototypenas.costing.row_layers import is_series, row_layers, rows_and_bytes
from prototypenas.costing.row_schedule import Map, RowRun, Schedule, run_rows
from prototypenas.costing.segmentation import NEVER, Cut, Problem, cut
from prototypenas.graph.sliding import round_up

SERIES_ROWS_AT_ONCE = 2
"""The matrix product takes pixels in pairs, and a row of a series is one pixel."""


@dataclass(frozen=True)
class RowSegment:
    """Operators `first` to `end - 1`, run row by row."""

    first: int
    end: int
    layers: int
    """Descriptors; the steps of the schedule count from the first one."""
    rows_at_once: int
    schedule: Schedule
    rings: Mapping[str, int]
    """Rows kept of each map that lives in the segment only."""
    sums: Mapping[str, int]
    """Bytes of the sums of each map's mean, by its operator's output."""


@dataclass(frozen=True)
class Steps:
    """What is run one after the other, and the blocks of memory that live over these steps."""

    segments: tuple[RowSegment, ...]
    blocks: tuple[Block, ...]
    leads: Mapping[tuple[str, str], int]
    ring_places: Mapping[str, tuple[str, int]]
    """Of maps in rings and of sums: their segment's block, and how far behind its start."""
    streamed: bool = False


def sums_of(name: str) -> str:
    """Name the sums of a mean among the places."""
    return f"sums of {name}"


def row_steps(structure: Structure, in_place: frozenset[str], *, streamed: bool) -> Steps:
    """Cut a network where that takes least memory.

    A `streamed` input is held whole where its rows are read again later, where no row can be used up as it comes, and
    where that takes less memory. In the last two cases the steps are those of a whole input.
    """
    problem = _problem(structure, in_place, streamed=streamed)
    cuts = cut(problem) if streamed else None
    if cuts is None or cuts.most_bytes > problem.blocks[0].size:
        whole = _with_whole_input(problem)
        found = cut(whole, below=NEVER if cuts is None else cuts.most_bytes)
        problem, cuts = (problem, cuts) if found is None else (whole, found)
    assert cuts is not None  # a whole input can be run layer by layer
    return _Assembly(structure, in_place, problem).steps(cuts.parts)


def steps_of_cuts(structure: Structure, in_place: frozenset[str], cuts: Sequence[Cut], *, streamed: bool) -> Steps:
    """Run a network in the segments that are given."""
    return _Assembly(structure, in_place, _problem(structure, in_place, streamed=streamed)).steps(cuts)


def layer_steps(structure: Structure, in_place: frozenset[str]) -> Steps:
    """Run every operator over whole maps."""
    return Steps((), structure.blocks(in_place), structure.leads(in_place), {})


def _problem(structure: Structure, in_place: frozenset[str], *, streamed: bool) -> Problem:
    graph, series = structure.graph, is_series(structure.graph)
    places = {name: block for name, (block, _) in structure.places(in_place).items()}
    layers = row_layers(graph, places)
    blocks = structure.blocks(in_place)
    layer_bytes = step_bounds(blocks, structure.leads(in_place))
    maps = {block.name: Map(*rows_and_bytes(graph.tensors[block.name], series=series), whole=False) for block in blocks}
    estimates = RowEstimates([layer for group in layers for layer in group], maps, graph.input)
    source = next(block for block in blocks if block.name == graph.input)
    source = replace(source, first=0)
    others = [block for block in blocks if block.name != graph.input]
    outputs = frozenset(places[name] for name in graph.outputs)
    problem = Problem(layers, (source, *others), outputs, layer_bytes, estimates, streamed=True)
    return problem if streamed else _with_whole_input(problem)


def _with_whole_input(problem: Problem) -> Problem:
    source, *others = problem.blocks
    return replace(problem, blocks=(replace(source, first=-1), *others), streamed=False)


class _Assembly:
    """Puts the segments together: operators become steps, and what lives in one step only becomes a ring."""

    def __init__(self, structure: Structure, in_place: frozenset[str], problem: Problem) -> None:
        self.structure, self.in_place, self.problem = structure, in_place, problem
        self.rows_at_once = SERIES_ROWS_AT_ONCE if is_series(structure.graph) else 1
        self.blocks: list[Block] = []
        self.leads: dict[tuple[str, str], int] = {}
        self.ring_places: dict[str, tuple[str, int]] = {}
        self.segments: list[RowSegment] = []

    def steps(self, cuts: Sequence[Cut]) -> Steps:
        steps = [number for number, part in enumerate(cuts) for _ in range(part.first, part.end)]
        inner = set()
        for block in self.problem.blocks:
            first, last = steps[max(block.first, 0)], steps[block.last]
            if first == last and cuts[first].by_rows and block.first >= 0 and block.name not in self.problem.outputs:
                inner.add(block.name)
            else:
                self.blocks.append(Block(block.name, block.size, first, last))
        single = {cuts_.first for cuts_ in cuts if not cuts_.by_rows}
        for (ending, beginning), lead in self.structure.leads(self.in_place).items():
            if self.structure.lifetimes[beginning].first in single:
                self.leads[ending, beginning] = lead
        for step, part in enumerate(cuts):
            if part.by_rows:
                self._add_segment(step, part, inner)
        return Steps(tuple(self.segments), tuple(self.blocks), self.leads, self.ring_places, self.problem.streamed)

    def _add_segment(self, step: int, part: Cut, inner: set[str]) -> None:
        run = self._run(part, inner)
        name, size, sums = f"rows of step {step}", 0, {}
        for ring, rows in run.ring_rows.items():
            self.ring_places[ring] = (name, size)
            size += self._rounded(rows * self.problem.estimates.maps[ring].row_bytes)
        for group in self.problem.layers[part.first : part.end]:
            for layer in group:
                if layer.sum_bytes:
                    output = self.structure.graph.operators[layer.operator].output
                    sums[output] = layer.sum_bytes
                    self.ring_places[sums_of(output)] = (name, size)
                    size += self._rounded(layer.sum_bytes)
        if size:
            self.blocks.append(Block(name, size, step, step))
        whole = {block.name: block for block in self.blocks}
        for (source, target), lead in run.leads.items():
            rounded = self._rounded(lead)
            if whole[source].last == step == whole[target].first and rounded < whole[target].size:
                self.leads[source, target] = rounded
        count = sum(map(len, self.problem.layers[part.first : part.end]))
        segment = RowSegment(part.first, part.end, count, self.rows_at_once, run.schedule, run.ring_rows, sums)
        self.segments.append(segment)

    def _rounded(self, size: int) -> int:
        return round_up(size, self.structure.alignment)

    def _run(self, part: Cut, inner: set[str]) -> RowRun:
        layers = [layer for group in self.problem.layers[part.first : part.end] for layer in group]
        streamed = self.problem.streamed and part.first == 0
        names = dict.fromkeys(name for layer in layers for name in (*layer.reads, layer.writes))
        known = self.problem.estimates.maps
        maps = {name: Map(known[name].rows, known[name].row_bytes, name not in inner) for name in names}
        written = {layer.writes for layer in layers}
        source = self.structure.graph.input
        outside = (name for name in layers[0].reads if name not in written)
        driver = source if streamed else min(outside, key=lambda name: (known[name].rows == 1, name))
        return run_rows(layers, maps, driver, rows_at_once=self.rows_at_once, streamed=streamed)
