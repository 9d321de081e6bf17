"""Every plan is valid, never beaten by another order of placement, and near the best of all placements."""

from itertools import permutations, product
from random import Random

import pytest

from prototypenas.costing.offset_assignment import (
    Block,
    _conflicts,
    _Search,
    assign_offsets,
    live_bound,
    lower_bound,
    step_bounds,
)


def random_instance(seed: int, *, steps: int, largest: int):
    """Blocks as a graph has them: one begins at each step, and some that end there may lie behind it by a lead."""
    random = Random(seed)
    lasts = [min(steps - 1, first + random.choice((1, 1, 1, 2, 3))) for first in range(steps)]
    blocks = [Block(f"t{first}", random.randint(1, largest), first, last) for first, last in enumerate(lasts)]
    leads = {}
    for ending in blocks:
        for beginning in blocks:
            if ending.last == beginning.first > ending.first and random.random() < 0.8:
                leads[ending.name, beginning.name] = random.randint(0, beginning.size)
    return blocks, leads


def is_valid(blocks, leads, offsets) -> bool:
    """By definition, pair by pair."""
    for number, first in enumerate(blocks):
        for second, start in zip(blocks[number + 1 :], offsets[number + 1 :], strict=True):
            if first.last < second.first or second.last < first.first:
                continue
            own = offsets[number]
            apart = own + first.size <= start or start + second.size <= own
            lead = leads.get((first.name, second.name))
            if not apart and (lead is None or own < start + lead):
                return False
    return min(offsets) >= 0


def extent(blocks, offsets) -> int:
    return max(offset + block.size for block, offset in zip(blocks, offsets, strict=True))


@pytest.mark.parametrize("seed", range(60))
def test_plans_are_valid_and_between_the_bounds(seed):
    blocks, leads = random_instance(seed, steps=4 + seed % 20, largest=60)
    offsets = assign_offsets(blocks, leads)
    assert is_valid(blocks, leads, offsets)
    assert min(offsets) == 0
    assert lower_bound(blocks, leads) <= extent(blocks, offsets) <= live_bound(blocks)
    assert offsets == assign_offsets(blocks, leads)


@pytest.mark.parametrize("seed", range(12))
def test_no_order_of_placement_is_better(seed):
    blocks, leads = random_instance(seed, steps=6, largest=40)
    search = _Search(blocks, _conflicts(blocks, leads), 0, 0)
    best = min(
        search.place(order, 10**9, high=high)[1] for order in permutations(range(len(blocks))) for high in (False, True)
    )
    assert extent(blocks, assign_offsets(blocks, leads)) == best


@pytest.mark.parametrize("seed", range(12))
def test_small_plans_are_the_best_there_are(seed):
    blocks, leads = random_instance(seed, steps=4, largest=4)
    found = extent(blocks, assign_offsets(blocks, leads))
    best = min(
        extent(blocks, offsets)
        for offsets in product(range(found), repeat=len(blocks))
        if is_valid(blocks, leads, offsets)
    )
    assert found == best


def test_an_ending_block_may_lie_behind_a_beginning_one_by_its_lead():
    blocks = [Block("input", 10, 0, 0), Block("output", 12, 0, 1)]
    assert extent(blocks, assign_offsets(blocks, {})) == 22
    assert extent(blocks, assign_offsets(blocks, {("input", "output"): 5})) == 15
    assert extent(blocks, assign_offsets(blocks, {("input", "output"): 0})) == 12


def test_bounds_of_each_operator():
    blocks = [Block("a", 10, 0, 1), Block("b", 6, 1, 2), Block("c", 3, 0, 2)]
    assert step_bounds(blocks, {}) == [13, 19, 9]
    assert step_bounds(blocks, {("a", "b"): 2}) == [13, 15, 9]


def test_of_two_ending_blocks_one_may_give_its_room():
    blocks = [Block("left", 8, 0, 1), Block("right", 8, 0, 1), Block("sum", 8, 1, 1)]
    leads = {("left", "sum"): 0, ("right", "sum"): 0}
    assert step_bounds(blocks, leads)[1] == 16
    assert extent(blocks, assign_offsets(blocks, leads)) == 16
