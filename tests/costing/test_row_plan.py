"""Which way a network is run: rows only where they save memory, and a streamed input whole where that is cheaper."""

import pytest
from torch import nn

from prototypenas.costing.plan_structure import Structure
from prototypenas.costing.row_plan import layer_steps, row_steps, sums_of
from prototypenas.graph.lowering import lower


def structure(network: nn.Module, shape=(3, 32, 32)) -> Structure:
    return Structure(lower(network.eval(), shape), 4)


def wide(stride: int = 1) -> nn.Sequential:
    """A large map in the middle: what rows are for."""
    middle = (nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 4, 3, padding=1, stride=stride))
    return nn.Sequential(*middle, nn.AdaptiveAvgPool2d(1))


def most(steps) -> int:
    """Bytes of all blocks that are there in the same step, at most."""
    last = max(block.last for block in steps.blocks)
    return max(sum(b.size for b in steps.blocks if b.first <= step <= b.last) for step in range(last + 1))


def test_a_large_map_in_the_middle_becomes_a_ring_and_its_mean_a_sum():
    found = structure(wide())
    steps = row_steps(found, frozenset(), streamed=False)
    (segment,) = steps.segments
    ring = found.graph.operators[0].output
    assert segment.rings[ring] < 32 and most(steps) < most(layer_steps(found, frozenset())) / 2
    mean = found.graph.operators[-1].output
    assert segment.sums == {mean: 16} and sums_of(mean) in steps.ring_places


def test_layers_of_equal_size_are_run_one_after_the_other():
    steps = row_steps(structure(nn.Conv2d(3, 3, 1)), frozenset(), streamed=False)
    assert not steps.segments and not steps.streamed


@pytest.mark.parametrize("streamed", [True, False])
def test_a_streamed_input_is_never_whole_where_its_rows_are_used_up(streamed):
    found = structure(wide(stride=2))
    steps = row_steps(found, frozenset(), streamed=streamed)
    assert steps.streamed == streamed
    assert (found.graph.input in {block.name for block in steps.blocks}) != streamed


def test_a_streamed_input_that_is_read_as_a_whole_is_kept_as_a_whole():
    found = structure(nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 4)), (3, 8, 8))
    (segment,) = row_steps(found, frozenset(), streamed=True).segments
    assert segment.rings == {found.graph.input: 8}
