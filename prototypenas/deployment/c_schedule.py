"""The order of rows as the tables of the C project: which layer makes its next row, step by step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prototypenas.costing.kernel_properties import descriptor_count
from prototypenas.costing.memory_plan import MemoryPlan
from prototypenas.costing.row_schedule import TAKE_ROW
from prototypenas.graph.graph import IntegerGraph


@dataclass(frozen=True)
class SegmentTable:
    """One `model_segment` of the C."""

    first: int
    """Its first layer."""
    layers: int
    start: int
    """Of its steps in the table of all segments."""
    opening: int
    """Steps before those that come again and again."""
    repeated: int
    again: int
    """How often these come after the first time."""
    closing: int
    lines: tuple[str, ...]
    """The steps as C, a line for each row of the segment's input, with comments."""


def segment_tables(graph: IntegerGraph, plan: MemoryPlan) -> list[SegmentTable]:
    """Return the segments of a plan in order."""
    counts = [descriptor_count(operator, graph.tensors, plan.written_in_place) for operator in graph.operators]
    tables, start = [], 0
    for segment in plan.segments:
        schedule, first = segment.schedule, sum(counts[: segment.first])
        opening, repeated, closing = (
            sum(map(len, part)) for part in (schedule.opening, schedule.repeated, schedule.closing)
        )
        again, lines = max(0, schedule.times - 1), tuple(_lines(schedule.opening, schedule.repeated, schedule.times))
        lines += tuple(_lines(schedule.closing, (), 0))
        tables.append(SegmentTable(first, segment.layers, start, opening, repeated, again, closing, lines))
        start += schedule.table_bytes
    return tables


def _lines(once: Sequence[bytes], repeated: Sequence[bytes], times: int) -> Iterator[str]:
    yield from (_line(tick) for tick in once if tick)
    if repeated:
        yield f"/* {times} times: */"
        yield from (_line(tick) for tick in repeated if tick)
        yield "/* then: */"


def _line(tick: bytes) -> str:
    return ", ".join("ROW" if step == TAKE_ROW else str(step) for step in tick) + ","
