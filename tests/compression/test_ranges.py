import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prototypenas.compression.ranges import Range, join_ranges, quantization_of, shared_groups
from prototypenas.errors import QuantizationError
from prototypenas.graph.tensors import Activation


def everywhere(graph, limits):
    return dict.fromkeys(graph.tensors, limits)


def test_copies_share_one_quantization(image_graphs):
    groups = {name: group for group in shared_groups(image_graphs(0)) for name in group}
    assert set(groups["joined"]) == {"total", "pooled", "branch", "joined", "larger"}
    assert groups["x"] == ("x",)


def test_shared_range_covers_every_member(image_graphs):
    graph = image_graphs(0)
    ranges = everywhere(graph, Range(0.0, 1.0)) | {"branch": Range(-2.0, 0.5), "total": Range(0.0, 3.0)}
    joined = join_ranges(graph, ranges)
    assert joined["joined"] == joined["branch"] == joined["larger"] == Range(-2.0, 3.0)
    assert join_ranges(graph, joined) == joined


def test_relu6_cuts_its_range_at_6(builder):
    build = builder((2, 4, 4), 0)
    graph = build.graph(build.conv("y", "x", 2, activation=Activation.RELU6))
    joined = join_ranges(graph, {"x": Range(-9.0, 9.0), "y": Range(0.0, 8.0)})
    assert joined == {"x": Range(-9.0, 9.0), "y": Range(0.0, 6.0)}


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_zero_is_exact_and_the_ends_are_within_a_step(first, second):
    lower, upper = min(0.0, first, second), max(0.0, first, second)
    if upper - lower < 1e-6:
        return
    found = quantization_of(Range(lower, upper))
    assert -128 <= found.zero_point <= 127
    assert found.scale * (127 - found.zero_point) >= upper - found.scale
    assert found.scale * (-128 - found.zero_point) <= lower + found.scale


def test_constant_tensors_get_a_usable_range(image_graphs):
    graph = image_graphs(0)
    joined = join_ranges(graph, everywhere(graph, Range(0.0, 0.0)))
    assert all(quantization_of(limits).scale > 0 for limits in joined.values())
    assert join_ranges(graph, everywhere(graph, Range(2.0, 2.0)))["x"] == Range(0.0, 2.0)


@pytest.mark.parametrize("limits", [Range(math.nan, 1.0), Range(0.0, math.inf), Range(1.0, -1.0)])
def test_impossible_ranges_are_refused_with_the_tensor(image_graphs, limits):
    graph = image_graphs(0)
    with pytest.raises(QuantizationError, match="tensor mixed"):
        join_ranges(graph, everywhere(graph, Range(0.0, 1.0)) | {"mixed": limits})
    with pytest.raises(QuantizationError, match="no range"):
        join_ranges(graph, {})
