"""The estimates against the truth, which runs the rows."""

import pytest

from prototypenas.costing.row_estimates import RowEstimates
from prototypenas.costing.row_layers import RowLayer, _rule
from prototypenas.costing.row_schedule import Map, run_rows
from prototypenas.graph.operator import RowReads

READS = (RowReads(3, padding=1), RowReads(2, stride=2), RowReads(5, padding=2), RowReads(1), RowReads(1, repeat=2))


def chain(places) -> tuple[list[RowLayer], dict[str, Map]]:
    rows, layers, maps = 16, [], {"m0": Map(16, 8, whole=False)}
    for number, place in enumerate(places):
        reads = READS[place]
        out = rows * reads.repeat if reads.repeat > 1 else (rows + 2 * reads.padding - reads.kernel) // reads.stride + 1
        layers.append(RowLayer(number, (f"m{number}",), f"m{number + 1}", _rule(out, rows, reads)))
        rows = out
        maps[f"m{number + 1}"] = Map(rows, 8, whole=False)
    return layers, maps


@pytest.mark.parametrize("places", [(0,), (0, 0, 0), (0, 1, 0), (2, 3, 1), (1, 1, 0), (3, 0), (0, 4, 0)])
def test_rings_are_nearly_those_of_the_run(places):
    layers, maps = chain(places)
    found = RowEstimates(layers, maps, "m0").ring_rows
    true = run_rows(layers, maps, "m0", rows_at_once=1, streamed=True).ring_rows
    for name, rows in true.items():
        assert abs(found[name] - rows) <= 2, (name, found, true)
        assert 1 <= found[name] <= maps[name].rows


def test_an_output_of_the_same_rows_may_follow_its_input_closely():
    layers, maps = chain((0,))
    estimates = RowEstimates(layers, maps, "m0")
    # The row written last needs the row above it no more: two rows behind are enough, none is too few.
    assert 0 < estimates.lead("m0", "m1") <= 3 * 8
