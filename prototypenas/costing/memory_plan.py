"""Where every tensor of a graph lies in RAM while it lives: one arena, shared over time.

Operators work in place or over their input where the kernels allow it (`Operator.input_lead_bytes`), and the inputs
of a concatenation are written straight into its output where that costs no memory. Scratch lies behind the tensors,
4-byte aligned, and every operator uses it from its start. Tensors are bytes and need no alignment.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prototypenas.costing.offset_assignment import Block, assign_offsets, live_bound, lower_bound, step_bounds
from prototypenas.graph.graph import Graph
from prototypenas.graph.operator import Operator
from prototypenas.graph.operators.concat import Concat

ALIGNMENT = 4
"""Bytes; scratch holds int16 pairs and pointers."""


@dataclass(frozen=True)
class Lifetime:
    """First and last operator, by index, at which a tensor's bytes must be kept; both included."""

    first: int
    last: int


@dataclass(frozen=True)
class Overlap:
    """An operator that writes over an input it is still reading."""

    operator: str
    input: str
    output: str
    shared_bytes: int


@dataclass(frozen=True)
class PlanRow:
    """One tensor of the plan, as reports print and draw it; bytes."""

    tensor: str
    offset: int
    size: int
    pixel_stride: int
    """Distance of two pixels: the channels, or those of the concatenation the tensor is written into."""
    first: int
    last: int


@dataclass(frozen=True)
class MemoryPlan:
    """Offsets of all tensors in one arena; in bytes."""

    offsets: Mapping[str, int]
    lifetimes: Mapping[str, Lifetime]
    pixel_strides: Mapping[str, int]
    """Of the tensors written straight into their concatenation; the others are dense."""
    overlaps: tuple[Overlap, ...]
    arena_bytes: int
    """Extent of the tensors, input and outputs included."""
    scratch_offset: int
    scratch_bytes: int
    """The greatest scratch of one operator."""
    lower_bound_bytes: int
    """Below this no plan with the same concatenations in place can be."""
    live_bound_bytes: int
    """Greatest sum of live tensors: the best of a planner without overlap."""

    @property
    def total_bytes(self) -> int:
        """Tensors and scratch: the size of the array in the C project."""
        return self.scratch_offset + self.scratch_bytes

    @property
    def above_lower_bound(self) -> float:
        """Share by which the tensors need more than the lower bound; 0 is the best there is."""
        return self.arena_bytes / self.lower_bound_bytes - 1.0

    @property
    def written_in_place(self) -> frozenset[str]:
        """Tensors that a concatenation does not have to copy."""
        return frozenset(self.pixel_strides)

    def rows(self, graph: Graph) -> list[PlanRow]:
        """Give the tensors in order of their first use."""
        rows = []
        for name, offset in self.offsets.items():
            spec, lifetime = graph.tensors[name], self.lifetimes[name]
            stride = self.pixel_strides.get(name, spec.channels)
            rows.append(PlanRow(name, offset, spec.elements, stride, lifetime.first, lifetime.last))
        return sorted(rows, key=lambda row: (row.first, row.offset))


def plan_memory(graph: Graph) -> MemoryPlan:
    """Plan the arena of a graph of any stage; deterministic, the same for every target."""
    structure = _Structure(graph)
    layout = _best_layout(structure)
    offsets = layout.tensor_offsets()
    scratch = max(operator.scratch_bytes(graph.tensors) for operator in graph.operators)
    return MemoryPlan(
        offsets=offsets,
        lifetimes=structure.lifetimes,
        pixel_strides=layout.pixel_strides(),
        overlaps=tuple(_overlaps(layout, offsets)),
        arena_bytes=layout.extent,
        scratch_offset=-(-layout.extent // ALIGNMENT) * ALIGNMENT,
        scratch_bytes=scratch,
        lower_bound_bytes=lower_bound(layout.blocks, layout.leads),
        live_bound_bytes=live_bound(structure.plain_blocks),
    )


class _Structure:
    """What the graph says about its tensors, before anything is decided."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.lifetimes = _lifetimes(graph)
        self.producers = {operator.output: operator for operator in graph.operators}
        self.readers = Counter(graph.outputs)
        for operator in graph.operators:
            self.readers.update(operator.inputs)
        self.concats = {
            operator.output: members
            for operator in graph.operators
            if isinstance(operator, Concat) and (members := self._members(operator))
        }
        self.sizes = {name: graph.tensors[name].elements for name in self.lifetimes}
        self._dense_leads = self._all_leads()
        self.plain_blocks = self.blocks(frozenset())
        self.plain_bounds = step_bounds(self.plain_blocks, self._dense_leads)
        """Least bytes of each operator as long as no concatenation is in place."""
        live = step_bounds(self.plain_blocks, {})
        self._overlapped = [apart - least for apart, least in zip(live, self.plain_bounds, strict=True)]

    def members(self, in_place: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Give the tensors written into concatenations in place: the concatenation, and the first channel there."""
        return {name: (concat, start) for concat in in_place for name, start in self.concats[concat].items()}

    def blocks(self, in_place: frozenset[str]) -> tuple[Block, ...]:
        """Give a block for each tensor, or for a concatenation in place and the tensors in it."""
        members = self.members(in_place)
        first = {name: lifetime.first for name, lifetime in self.lifetimes.items()}
        for name, (concat, _) in members.items():
            first[concat] = min(first[concat], first[name])
        return tuple(
            Block(name, self.sizes[name], first[name], lifetime.last)
            for name, lifetime in self.lifetimes.items()
            if name not in members
        )

    def leads(self, in_place: frozenset[str]) -> dict[tuple[str, str], int]:
        """Give the leads that still hold: an output written beside others does not overlap an input."""
        members = self.members(in_place)
        return {
            (ending, beginning): lead
            for (ending, beginning), lead in self._dense_leads.items()
            if beginning not in members and beginning not in in_place
        }

    def bounds_in_place(self, bounds: Sequence[int], concat: str) -> list[int]:
        """Give the operators' least bytes once one more concatenation is in place; `bounds` are those before.

        It lives from its first member on, the members take no room of their own, and neither it nor they overlap an
        input any more.
        """
        changed, members = list(bounds), self.concats[concat]
        writers = [self.lifetimes[name].first for name in (*members, concat)]
        for step in range(min(writers), self.lifetimes[concat].first):
            changed[step] += self.sizes[concat]
        for name in members:
            for step in range(self.lifetimes[name].first, self.lifetimes[name].last + 1):
                changed[step] -= self.sizes[name]
        for step in writers:
            changed[step] += self._overlapped[step]
        return changed

    def _members(self, concat: Operator) -> dict[str, int]:
        """Give the inputs a concatenation can have in place: written with gaps, but read by nobody else."""
        members, start = {}, 0
        for name in concat.inputs:
            if name in self.producers and self.readers[name] == 1 and self.producers[name].writes_with_gaps:
                members[name] = start
            start += self.graph.tensors[name].channels
        return members

    def _all_leads(self) -> dict[tuple[str, str], int]:
        leads = {}
        for index, operator in enumerate(self.graph.operators):
            ending = [name for name in operator.inputs if self.lifetimes[name].last == index]
            if ending:
                lead = operator.input_lead_bytes(self.graph.tensors)
                if lead < self.sizes[operator.output]:
                    leads.update({(name, operator.output): lead for name in ending})
        return leads


@dataclass(frozen=True)
class _Layout:
    """A choice of concatenations in place, by their outputs, and where its blocks lie."""

    structure: _Structure
    in_place: frozenset[str]
    blocks: tuple[Block, ...]
    leads: Mapping[tuple[str, str], int]
    offsets: Mapping[str, int]

    @property
    def extent(self) -> int:
        return max(self.offsets[block.name] + block.size for block in self.blocks)

    def pixel_strides(self) -> dict[str, int]:
        tensors, members = self.structure.graph.tensors, self.structure.members(self.in_place)
        return {name: tensors[concat].channels for name, (concat, _) in members.items()}

    def tensor_offsets(self) -> dict[str, int]:
        members = self.structure.members(self.in_place)
        places = {name: members.get(name, (name, 0)) for name in self.structure.lifetimes}
        return {name: self.offsets[block] + start for name, (block, start) in places.items()}


def _best_layout(structure: _Structure) -> _Layout:
    """Take each concatenation in place that does not raise the bound, unless the plan then needs more."""
    bounds: Sequence[int] = structure.plain_bounds
    chosen = set()
    for concat in structure.concats:
        tried = structure.bounds_in_place(bounds, concat)
        if max(tried) <= max(bounds):
            chosen.add(concat)
            bounds = tried
    layout = _placed(structure, frozenset(chosen))
    if not chosen or layout.extent <= max(structure.plain_bounds):
        return layout
    return min(layout, _placed(structure, frozenset()), key=lambda candidate: candidate.extent)


def _placed(structure: _Structure, in_place: frozenset[str]) -> _Layout:
    blocks, leads = structure.blocks(in_place), structure.leads(in_place)
    offsets = assign_offsets(blocks, leads)
    by_name = {block.name: offset for block, offset in zip(blocks, offsets, strict=True)}
    return _Layout(structure, in_place, blocks, leads, by_name)


def _lifetimes(graph: Graph) -> dict[str, Lifetime]:
    first = {graph.input: 0} | {operator.output: index for index, operator in enumerate(graph.operators)}
    last = dict(first)
    for index, operator in enumerate(graph.operators):
        last.update(dict.fromkeys(operator.inputs, index))
    last.update(dict.fromkeys(graph.outputs, len(graph.operators) - 1))
    return {name: Lifetime(start, last[name]) for name, start in first.items()}


def _overlaps(layout: _Layout, offsets: Mapping[str, int]) -> Iterator[Overlap]:
    graph = layout.structure.graph
    for operator in graph.operators:
        for name in dict.fromkeys(operator.inputs):
            if (name, operator.output) in layout.leads:
                start = max(offsets[name], offsets[operator.output])
                ends = (offsets[tensor] + graph.tensors[tensor].elements for tensor in (name, operator.output))
                if (shared := min(ends) - start) > 0:
                    yield Overlap(operator.name, name, operator.output, shared)
