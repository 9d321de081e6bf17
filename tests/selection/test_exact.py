import time
from itertools import combinations

import moocore
import numpy as np
import pytest

from prototypenas.selection.coverage import coverage, space_of
from prototypenas.selection.evolutionary import Evolution, evolved_subset
from prototypenas.selection.exact import best_subset
from prototypenas.selection.hypervolume import REFERENCE
from prototypenas.selection.local_search import greedy_subset, local_search_subset


def random_front(points, objectives, seed):
    """Convex, flat and concave fronts, and filtered clouds, in turn; scaled to the unit cube."""
    rng = np.random.default_rng(seed)
    raw = np.abs(rng.normal(size=(points, objectives)))
    match seed % 4:
        case 0:
            front = raw / np.linalg.norm(raw, axis=1, keepdims=True)
        case 1:
            front = 1.0 - raw / np.linalg.norm(raw, axis=1, keepdims=True)
        case 2:
            front = raw / raw.sum(axis=1, keepdims=True)
        case _:
            front = raw[moocore.is_nondominated(raw)]
    span = np.ptp(front, axis=0)
    return (front - front.min(axis=0)) / np.where(span > 0, span, 1.0)


def solve(spaces, keep, time_limit=20.0):
    return best_subset(spaces, local_search_subset(spaces, keep, seed=0), time_limit=time_limit)


def exhaustive(spaces, keep):
    return max(coverage(spaces, subset) for subset in combinations(range(spaces[0].points), keep))


def best_of_all(front, keep):
    """Return the largest hypervolume of any subset: all of them at once, by inclusion and exclusion."""
    boxes = REFERENCE - front
    subsets = np.array(list(combinations(range(len(front)), keep)))
    covered = np.zeros(len(subsets))
    for size in range(1, keep + 1):
        for members in combinations(range(keep), size):
            shared = boxes[subsets[:, members]].min(axis=1)
            covered -= (-1) ** size * shared.prod(axis=1)
    return covered.max()


def check_against_exhaustive(seed, largest):
    rng = np.random.default_rng(seed)
    front = random_front(int(rng.integers(6, largest + 1)), 2 + seed % 5, seed)
    keep = min(int(rng.integers(3, 6)), len(front))
    spaces = (space_of("objectives", front),)
    solution = solve(spaces, keep)
    assert solution.optimal
    found = moocore.hypervolume(front[list(solution.subset)], ref=np.full(front.shape[1], REFERENCE))
    assert found == pytest.approx(best_of_all(front, keep), rel=1e-9)


@pytest.mark.parametrize("seed", range(60))
def test_equals_the_best_of_all_subsets(seed):
    check_against_exhaustive(seed, largest=12)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 2000, 50))
def test_equals_the_best_of_all_subsets_on_many_fronts(seed):
    for one in range(seed, seed + 50):
        check_against_exhaustive(one, largest=25)


@pytest.mark.parametrize("seed", range(12))
def test_a_poor_start_does_not_matter(seed):
    spaces = (
        space_of("objectives", random_front(14, 4, seed=4 * seed), share=0.5),
        space_of("plane", random_front(14, 2, seed=4 * seed), share=0.5),
    )
    solution = best_subset(spaces, (0, 1, 2, 3), time_limit=20.0)
    assert solution.optimal
    assert solution.coverage == pytest.approx(exhaustive(spaces, 4), rel=1e-9)


def test_bound_holds_at_every_moment():
    spaces = (space_of("objectives", random_front(60, 5, seed=2)),)
    best = solve(spaces, 5)
    bounds = [best_subset(spaces, (0, 1, 2, 3, 4), time_limit=limit).upper_bound for limit in (0.0, 0.02, 0.1)]
    assert best.optimal
    assert all(bound >= best.coverage for bound in bounds)


@pytest.mark.parametrize("keep", [1, 2, 10])
def test_any_number_may_be_kept(keep):
    spaces = (space_of("objectives", random_front(14, 3, seed=1)),)
    solution = solve(spaces, keep, time_limit=1.0)
    assert len(set(solution.subset)) == keep
    assert greedy_coverage(spaces, keep) <= solution.coverage + 1e-12 <= solution.upper_bound + 2e-12


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 3, 4, 5, 7])
def test_three_hundred_points_in_five_objectives_are_proven_in_seconds(seed):
    front = random_front(300 if seed % 4 != 3 else 900, 5, seed)[:300]
    spaces = (space_of("objectives", front),)
    began = time.process_time()
    solution = solve(spaces, 5)
    assert solution.optimal
    assert time.process_time() - began < 6.0  # 3 s on an idle machine


@pytest.mark.slow
def test_never_below_greedy_or_the_evolution():
    for seed in range(8):
        spaces = (space_of("objectives", random_front(80, 5, seed)),)
        evolved = evolved_subset(spaces, 5, seed=seed, evolution=Evolution(generations=60))
        solution = solve(spaces, 5)
        assert solution.coverage >= max(greedy_coverage(spaces, 5), coverage(spaces, evolved)) - 1e-12


def greedy_coverage(spaces, keep):
    return coverage(spaces, greedy_subset(spaces, keep))
