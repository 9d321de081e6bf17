"""Where every tensor of a graph lies in RAM while it lives: one arena, shared over time.

Operators work in place or over their input where the kernels allow it (`Operator.input_lead_bytes`), and the inputs
of a concatenation are written straight into its output where that costs no memory. Scratch lies behind the tensors,
and every operator uses it from its start. Everything starts at a multiple of `ALIGNMENT`, or of more where a DMA or a
cache asks for it; only what a concatenation holds in place starts where its channels do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from prototypenas.costing.kernel_properties import SEGMENT_BYTES
from prototypenas.costing.offset_assignment import assign_offsets, live_bound, lower_bound
from prototypenas.costing.plan_structure import Lifetime, Structure
from prototypenas.costing.row_layers import row_bytes_of
from prototypenas.costing.row_plan import RowSegment, Steps, layer_steps, row_steps, steps_of_cuts, sums_of
from prototypenas.costing.segmentation import Cut
from prototypenas.errors import ConfigurationError
from prototypenas.graph.graph import Graph
from prototypenas.graph.sliding import round_up
from prototypenas.types import Execution

ALIGNMENT = 4
"""Bytes; scratch and sums are words, and applications copy inputs and outputs by words."""

ALIGNMENTS = (4, 8, 16, 32, 64)
"""Bytes that tensors can start at multiples of."""


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
    ring_rows: int | None = None
    """Rows kept at a time, where it is not the whole tensor."""


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
    """Greatest sum of live tensors: the best of a planner without overlap that runs layer by layer."""
    segments: tuple[RowSegment, ...] = ()
    """What is run row by row, in order; all other operators are run over whole maps."""
    ring_rows: Mapping[str, int] = field(default_factory=dict)
    """Rows kept of the tensors that live within one segment; the others are whole maps."""
    sums_offsets: Mapping[str, int] = field(default_factory=dict)
    """Where the sums of a mean lie whose map comes row by row, by the mean."""
    streamed_input: bool = False
    """Whether the input is handed in row by row."""
    collects_input: bool = False
    """Whether what is handed in waits until the input is whole; else the first segment uses up each row as it comes."""
    alignment: int = ALIGNMENT
    """Bytes that every tensor starts at a multiple of."""

    @property
    def array_bytes(self) -> int:
        """Tensors and scratch: the size of the array in the C project."""
        return self.scratch_offset + self.scratch_bytes

    @property
    def progress_bytes(self) -> int:
        """What the C notes: how many rows were handed in, where it is, and how many rows of each layer there are."""
        if not self.segments:
            return 4 if self.streamed_input else 0
        return 2 * ((3 if self.streamed_input else 2) + self.progress_rows)

    @property
    def progress_rows(self) -> int:
        """Layers whose rows the C counts, so that its notes fill whole words."""
        most = max((segment.layers for segment in self.segments), default=0)
        return most + (most + (1 if self.streamed_input else 0)) % 2

    @property
    def total_bytes(self) -> int:
        """RAM of the C project: the array, and what it notes while it runs rows."""
        return self.array_bytes + self.progress_bytes

    @property
    def runtime(self) -> str:
        """Which of the measured runtimes the C project links."""
        if self.streamed_input and not self.collects_input:
            return "runtime_streamed"
        return f"runtime{'_collected' if self.collects_input else ''}{'_rows' if self.segments else ''}"

    @property
    def table_bytes(self) -> int:
        """Constants of the schedule in the C project."""
        return SEGMENT_BYTES * len(self.segments) + self.step_bytes

    @property
    def step_bytes(self) -> int:
        """Bytes of all segments' steps, filled up to whole words."""
        return round_up(sum(segment.schedule.table_bytes for segment in self.segments), ALIGNMENT)

    @property
    def written_in_place(self) -> frozenset[str]:
        """Tensors that a concatenation does not have to copy."""
        return frozenset(self.pixel_strides)

    def rows(self, graph: Graph) -> list[PlanRow]:
        """Return the tensors in order of their first use."""
        rows = []
        for name, offset in self.offsets.items():
            spec, lifetime = graph.tensors[name], self.lifetimes[name]
            stride = self.pixel_strides.get(name, spec.channels)
            kept = self.ring_rows.get(name)
            size = spec.elements if kept is None else kept * row_bytes_of(graph, name)
            rows.append(PlanRow(name, offset, size, stride, lifetime.first, lifetime.last, kept))
        return sorted(rows, key=lambda row: (row.first, row.offset))


def plan_memory(graph: Graph, execution: Execution = Execution.AUTO, *, alignment: int = ALIGNMENT) -> MemoryPlan:
    """Plan the arena of a graph of any stage; deterministic, the same for every target.

    Raises:
        ConfigurationError: for an alignment that is not one of `ALIGNMENTS`.
    """
    if alignment not in ALIGNMENTS:
        allowed = ", ".join(map(str, ALIGNMENTS))
        raise ConfigurationError(f"alignment {alignment}; tensors can be aligned to {allowed} bytes")
    structure = Structure(graph, alignment)
    if execution is Execution.LAYERS:
        return _by_layers(structure)
    if execution is Execution.ROWS:
        return _handed_in(structure)
    # Schedule, rings and sums of running by rows can outweigh what they save, so both are planned and the cheaper is
    # taken; `min` takes layers where they are equal.
    return min(_by_layers(structure), _by_rows(structure, streamed=False), key=_total_bytes)


def collected(plan: MemoryPlan) -> MemoryPlan:
    """Return a plan that holds the input whole as one whose rows are handed in and wait until all are there."""
    return replace(plan, streamed_input=True, collects_input=True)


def plan_with_cuts(graph: Graph, cuts: Sequence[Cut], *, streamed: bool) -> MemoryPlan:
    """Plan the arena of a graph whose segments are given; every operator lies in one, in order."""
    structure = Structure(graph, ALIGNMENT)
    chosen = frozenset(structure.concats)
    return _plan(_placed(structure, chosen, steps_of_cuts(structure, chosen, cuts, streamed=streamed)))


def _by_layers(structure: Structure) -> MemoryPlan:
    """Take each concatenation in place that does not raise the bound, unless the plan then needs more."""
    # Bounds are exact per operator and quick; placements cost a search. So concatenations are chosen by their bounds,
    # and only where the placement then misses the bound of none in place is that placed too.
    chosen = structure.concatenations_in_place()
    layout = _placed(structure, chosen, layer_steps(structure, chosen))
    if chosen and layout.extent > max(structure.plain_bounds):
        none: frozenset[str] = frozenset()
        layout = min(layout, _placed(structure, none, layer_steps(structure, none)), key=lambda found: found.extent)
    return _plan(layout)


def _by_rows(structure: Structure, *, streamed: bool) -> MemoryPlan:
    """Take every concatenation in place: rows of its inputs come one beside the other."""
    chosen = frozenset(structure.concats)
    return _plan(_placed(structure, chosen, row_steps(structure, chosen, streamed=streamed)))


def _handed_in(structure: Structure) -> MemoryPlan:
    """Use up each row as it comes, unless it takes less to collect the input and run it as if it had come whole."""
    by_rows = _by_rows(structure, streamed=True)
    if not by_rows.streamed_input:
        by_rows = collected(by_rows)
    if by_rows.total_bytes <= structure.graph.tensors[structure.graph.input].elements:
        return by_rows
    return min(by_rows, collected(_by_layers(structure)), key=_total_bytes)


def _total_bytes(plan: MemoryPlan) -> int:
    return plan.total_bytes


@dataclass(frozen=True)
class _Layout:
    """A choice of concatenations in place, by their outputs, and where the blocks of a way to run them lie."""

    structure: Structure
    in_place: frozenset[str]
    steps: Steps
    offsets: Mapping[str, int]

    @property
    def extent(self) -> int:
        return max(self.offsets[block.name] + block.size for block in self.steps.blocks)

    def pixel_strides(self) -> dict[str, int]:
        tensors, members = self.structure.graph.tensors, self.structure.members(self.in_place)
        return {name: tensors[concat].channels for name, (concat, _) in members.items()}

    def tensor_offsets(self) -> dict[str, int]:
        places = self.structure.places(self.in_place)
        return {name: self.offset(block) + start for name, (block, start) in places.items()}

    def offset(self, name: str) -> int:
        """Return the offset of a map, in a ring or whole."""
        block, start = self.steps.ring_places.get(name, (name, 0))
        return self.offsets[block] + start

    def ring_rows(self) -> dict[str, int]:
        rings = {ring: rows for segment in self.steps.segments for ring, rows in segment.rings.items()}
        places = self.structure.places(self.in_place)
        return {name: rings[block] for name, (block, _) in places.items() if block in rings}

    def sums(self) -> dict[str, int]:
        names = (name for segment in self.steps.segments for name in segment.sums)
        return {name: self.offset(sums_of(name)) for name in names}


def _placed(structure: Structure, in_place: frozenset[str], steps: Steps) -> _Layout:
    offsets = assign_offsets(steps.blocks, steps.leads)
    by_name = {block.name: offset for block, offset in zip(steps.blocks, offsets, strict=True)}
    return _Layout(structure, in_place, steps, by_name)


def _plan(layout: _Layout) -> MemoryPlan:
    structure, steps, offsets = layout.structure, layout.steps, layout.tensor_offsets()
    graph = structure.graph
    return MemoryPlan(
        offsets=offsets,
        lifetimes=_lifetimes(layout),
        pixel_strides=layout.pixel_strides(),
        overlaps=tuple(_overlaps(layout, offsets)),
        arena_bytes=layout.extent,
        scratch_offset=round_up(layout.extent, structure.alignment),
        scratch_bytes=max(operator.scratch_bytes(graph.tensors) for operator in graph.operators),
        lower_bound_bytes=lower_bound(steps.blocks, steps.leads),
        live_bound_bytes=live_bound(structure.plain_blocks),
        segments=steps.segments,
        ring_rows=layout.ring_rows(),
        sums_offsets=layout.sums(),
        streamed_input=steps.streamed,
        alignment=structure.alignment,
    )


def _lifetimes(layout: _Layout) -> dict[str, Lifetime]:
    """Return the operators at which tensors are kept: of a segment run by rows all or none."""
    found = {}
    for name, lifetime in layout.structure.lifetimes.items():
        first, last = lifetime.first, lifetime.last
        for segment in layout.steps.segments:
            first = segment.first if segment.first <= first < segment.end else first
            last = segment.end - 1 if segment.first <= last < segment.end else last
        found[name] = Lifetime(first, last)
    return found


def _overlaps(layout: _Layout, offsets: Mapping[str, int]) -> Iterator[Overlap]:
    """Return what is written over an input that is still read, by operator or by segment."""
    # Only pairs with a lead share bytes: a kernel reads a byte of its input before it writes over it as long as the
    # input starts `lead` bytes behind.
    graph, lifetimes = layout.structure.graph, layout.structure.lifetimes
    for source, target in layout.steps.leads:
        start = max(offsets[source], offsets[target])
        ends = (offsets[tensor] + graph.tensors[tensor].elements for tensor in (source, target))
        if (shared := min(ends) - start) > 0:
            operator = graph.operators[lifetimes[target].first]
            yield Overlap(operator.name, source, target, shared)
