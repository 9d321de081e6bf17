"""Rows are made as soon as they can be, and no more of them are kept than are read again."""

import pytest

from prototypenas.costing.row_layers import RowLayer, _rule
from prototypenas.costing.row_schedule import TAKE_ROW, Map, Schedule, _folded, run_rows
from prototypenas.graph.operator import RowReads


def layer(number, source, target, rows, in_rows, reads) -> RowLayer:
    return RowLayer(number, (source,), target, _rule(rows, in_rows, reads))


def two_convolutions(streamed: bool):
    first = layer(0, "x", "a", 8, 8, RowReads(3, padding=1))
    layers = [first, layer(1, "a", "y", 4, 8, RowReads(3, stride=2, padding=1))]
    maps = {"x": Map(8, 10, whole=not streamed), "a": Map(8, 10, whole=False), "y": Map(4, 10, whole=True)}
    return run_rows(layers, maps, "x", rows_at_once=1, streamed=streamed)


def test_a_row_is_made_as_soon_as_its_window_is_there_the_deepest_layer_first():
    steps = list(two_convolutions(streamed=True).schedule.steps)
    assert steps.count(TAKE_ROW) == 8 and steps.count(0) == 8 and steps.count(1) == 4
    taken = made = done = 0
    for step in steps:
        taken, made, done = taken + (step == TAKE_ROW), made + (step == 0), done + (step == 1)
        assert made <= max(0, taken - 1) or taken == 8, "a row of a 3x3 window needs the next one"
        assert 2 * done <= made or made == 8


def test_rings_keep_what_the_window_reads_and_a_whole_map_none():
    assert two_convolutions(streamed=True).ring_rows == {"x": 3, "a": 3}
    assert two_convolutions(streamed=False).ring_rows == {"a": 3}


def test_an_input_that_is_not_streamed_is_not_taken():
    assert TAKE_ROW not in two_convolutions(streamed=False).schedule.steps


@pytest.mark.parametrize("times", [2, 5, 30])
def test_what_comes_again_and_again_is_kept_once_and_unfolds_to_the_same_steps(times):
    ticks = [bytearray(b"\x00"), *[bytearray(b"\x00\x01"), bytearray(b"\x00")] * times, bytearray(b"\x00\x01\x02")]
    folded = _folded(ticks)
    assert folded.steps == b"".join(ticks)
    assert folded.table_bytes <= sum(map(len, ticks))
    assert folded.times >= times - 1 and folded.table_bytes <= 12


def test_steps_are_the_opening_the_repeats_and_the_closing():
    schedule = Schedule((b"\x05",), (b"\x01", b"\x02"), 3, (b"\x09",))
    assert list(schedule.steps) == [5, 1, 2, 1, 2, 1, 2, 9] and schedule.table_bytes == 4
