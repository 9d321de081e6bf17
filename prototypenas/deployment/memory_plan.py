"""Where every tensor of a graph lies in RAM while it lives: one arena, shared over time.

Operators work in place or over their input where the kernels allow it (`input_lead_bytes`), and the inputs of a
concatenation are written straight into its output where that costs no memory. Scratch lies behind the tensors,
4-byte aligned, and every operator uses it from its start. Tensors are bytes and need no alignment.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prototypenas.deployment.graph import Concat, Graph
from prototypenas.deployment.kernel_properties import input_lead_bytes, scratch_bytes, writes_with_gaps
from prototypenas.deployment.offset_assignment import Block, assign_offsets, live_bound, lower_bound

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
    layout = _best_layout(graph)
    offsets = _tensor_offsets(graph, layout)
    arena = max(layout.offsets[block.name] + block.size for block in layout.blocks)
    scratch = max(scratch_bytes(operator, graph.tensors) for operator in graph.operators)
    return MemoryPlan(
        offsets=offsets,
        lifetimes=_lifetimes(graph),
        pixel_strides=layout.pixel_strides(graph),
        overlaps=tuple(_overlaps(graph, layout, offsets)),
        arena_bytes=arena,
        scratch_offset=-(-arena // ALIGNMENT) * ALIGNMENT,
        scratch_bytes=scratch,
        lower_bound_bytes=lower_bound(layout.blocks, layout.leads),
        live_bound_bytes=live_bound(_blocks(graph, frozenset())),
    )


@dataclass(frozen=True)
class _Layout:
    """Blocks to be placed: a tensor each, or a concatenation with the inputs written into it."""

    in_place: frozenset[str]
    """Concatenations, by their output."""
    blocks: tuple[Block, ...]
    leads: Mapping[tuple[str, str], int]
    offsets: Mapping[str, int]

    @property
    def extent(self) -> int:
        return max(self.offsets[block.name] + block.size for block in self.blocks)

    def pixel_strides(self, graph: Graph) -> dict[str, int]:
        members = _members(graph, self.in_place)
        return {name: graph.tensors[concat].channels for name, (concat, _) in members.items()}


def _best_layout(graph: Graph) -> _Layout:
    """Take each concatenation in place that does not raise the bound, unless the plan then needs more."""
    chosen: frozenset[str] = frozenset()
    plain = _blocks(graph, chosen), _leads(graph, chosen)
    bound = lower_bound(*plain)
    for operator in graph.operators:
        if isinstance(operator, Concat):
            tried = chosen | {operator.output}
            if _members(graph, tried).keys() == _members(graph, chosen).keys():
                continue
            tried_bound = lower_bound(_blocks(graph, tried), _leads(graph, tried))
            if tried_bound <= bound:
                chosen, bound = tried, tried_bound
    layout = _placed(graph, chosen)
    if not chosen or layout.extent <= bound:
        return layout
    return min(layout, _placed(graph, frozenset()), key=lambda candidate: candidate.extent)


def _placed(graph: Graph, in_place: frozenset[str]) -> _Layout:
    blocks, leads = _blocks(graph, in_place), _leads(graph, in_place)
    offsets = assign_offsets(blocks, leads)
    return _Layout(in_place, blocks, leads, {block.name: at for block, at in zip(blocks, offsets, strict=True)})


def _blocks(graph: Graph, in_place: frozenset[str]) -> tuple[Block, ...]:
    lifetimes = _lifetimes(graph)
    members = _members(graph, in_place)
    first = {name: lifetime.first for name, lifetime in lifetimes.items()}
    for name, (concat, _) in members.items():
        first[concat] = min(first[concat], first[name])
    return tuple(
        Block(name, graph.tensors[name].elements, first[name], lifetimes[name].last)
        for name in lifetimes
        if name not in members
    )


def _leads(graph: Graph, in_place: frozenset[str]) -> dict[tuple[str, str], int]:
    lifetimes, members = _lifetimes(graph), _members(graph, in_place)
    leads = {}
    for index, operator in enumerate(graph.operators):
        written_with_others = operator.output in members or operator.output in in_place
        for name in operator.inputs:
            if lifetimes[name].last == index and not written_with_others:
                leads[name, operator.output] = input_lead_bytes(operator, graph.tensors)
    return leads


def _members(graph: Graph, in_place: frozenset[str]) -> dict[str, tuple[str, int]]:
    """Give the tensors written into a concatenation in place: its output, and their first channel there.

    The kernels write with gaps but read without, so such a tensor has the concatenation as its only reader.
    """
    producers = {operator.output: operator for operator in graph.operators}
    readers = Counter(graph.outputs)
    for operator in graph.operators:
        readers.update(operator.inputs)
    members = {}
    for operator in graph.operators:
        if operator.output in in_place:
            start = 0
            for name in operator.inputs:
                if name in producers and readers[name] == 1 and writes_with_gaps(producers[name]):
                    members[name] = (operator.output, start)
                start += graph.tensors[name].channels
    return members


def _lifetimes(graph: Graph) -> dict[str, Lifetime]:
    first = {graph.input: 0} | {operator.output: index for index, operator in enumerate(graph.operators)}
    last = dict(first)
    for index, operator in enumerate(graph.operators):
        last.update(dict.fromkeys(operator.inputs, index))
    last.update(dict.fromkeys(graph.outputs, len(graph.operators) - 1))
    return {name: Lifetime(start, last[name]) for name, start in first.items()}


def _tensor_offsets(graph: Graph, layout: _Layout) -> dict[str, int]:
    members = _members(graph, layout.in_place)
    offsets = {}
    for name in _lifetimes(graph):
        concat, start = members.get(name, (name, 0))
        offsets[name] = layout.offsets[concat] + start
    return offsets


def _overlaps(graph: Graph, layout: _Layout, offsets: Mapping[str, int]) -> Iterator[Overlap]:
    for operator in graph.operators:
        for name in dict.fromkeys(operator.inputs):
            if (name, operator.output) in layout.leads:
                start = max(offsets[name], offsets[operator.output])
                ends = (offsets[tensor] + graph.tensors[tensor].elements for tensor in (name, operator.output))
                if (shared := min(ends) - start) > 0:
                    yield Overlap(operator.name, name, operator.output, shared)
