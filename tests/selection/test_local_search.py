import numpy as np
import pytest

from prototypenas.selection.coverage import coverage, marginal_gains, space_of
from prototypenas.selection.local_search import greedy_subset, local_search_subset


def sphere(points, objectives, seed):
    directions = np.abs(np.random.default_rng(seed).normal(size=(points, objectives)))
    return (space_of("objectives", 1.0 - directions / np.linalg.norm(directions, axis=1, keepdims=True)),)


@pytest.mark.parametrize("seed", range(4))
def test_no_single_exchange_is_better(seed):
    spaces = sphere(30, 4, seed)
    subset = local_search_subset(spaces, 4, seed=seed, restarts=2)
    best = coverage(spaces, subset)
    for place in range(4):
        others = [*subset[:place], *subset[place + 1 :]]
        gains = marginal_gains(spaces, others, np.arange(30))
        assert coverage(spaces, others) + gains.max() <= best + 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_never_below_greedy_and_always_of_the_wanted_size(seed):
    spaces = sphere(40, 5, seed)
    greedy, searched = greedy_subset(spaces, 5), local_search_subset(spaces, 5, seed=0)
    assert len(set(greedy)) == len(set(searched)) == 5
    assert coverage(spaces, searched) >= coverage(spaces, greedy) - 1e-12


def test_same_seed_gives_the_same_subset():
    spaces = sphere(60, 5, 0)
    assert local_search_subset(spaces, 5, seed=3) == local_search_subset(spaces, 5, seed=3)


def test_points_that_add_nothing_are_still_chosen_once():
    spaces = (space_of("equal", np.zeros((6, 2))),)
    assert len(set(local_search_subset(spaces, 4, seed=0))) == 4
