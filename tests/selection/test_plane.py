from itertools import combinations

import numpy as np
import pytest

from prototypenas.selection.coverage import Merit, coverage, space_of
from prototypenas.selection.plane import best_subsets, is_plane
from prototypenas.selection.selection_space import merit_space


def random_spaces(rng: np.random.Generator, points: int, *, merit: float, ties: bool):
    values = rng.random((points, 2))
    if ties:
        values = np.round(values, 1)
    worth = merit * np.round(rng.random(points), 1 if ties else 6)
    return (space_of("plane", values), Merit(worth)) if merit else (space_of("plane", values),)


@pytest.mark.parametrize("merit", [0.0, 0.02, 0.5], ids=["plane alone", "small merits", "large merits"])
@pytest.mark.parametrize("ties", [False, True], ids=["distinct", "tied"])
def test_every_size_is_the_best_of_all_subsets(merit: float, ties: bool) -> None:
    rng = np.random.default_rng(7)
    for _ in range(40):
        spaces = random_spaces(rng, points := int(rng.integers(2, 10)), merit=merit, ties=ties)
        solutions = best_subsets(spaces, min(5, points))
        for size, solution in solutions.items():
            best = max(coverage(spaces, subset) for subset in combinations(range(points), size))
            assert len(set(solution.subset)) == size
            assert solution.coverage == pytest.approx(best, rel=1e-12)
            assert solution.optimal


def test_points_beyond_the_reference_are_worth_only_their_merit() -> None:
    spaces = (space_of("plane", np.array([[0.0, 0.5], [2.0, 0.0], [0.5, 0.0]])), Merit(np.array([0.0, 9.0, 0.0])))
    assert best_subsets(spaces, 2)[1].subset == (1,)


def test_a_front_of_thousands_is_proven() -> None:
    rng = np.random.default_rng(0)
    cost = np.sort(rng.random(3000))
    front = np.column_stack([cost, 1 - cost[:, None] + 0.2 * rng.random((3000, 4))])
    spaces = merit_space(front / front.max(axis=0))
    solution = best_subsets(spaces, 5)[5]
    swapped = [
        coverage(spaces, {*solution.subset} - {out} | {into}) for out in solution.subset for into in range(0, 3000, 7)
    ]
    assert solution.optimal
    assert solution.coverage >= max(swapped)


def test_only_one_plane_is_a_plane() -> None:
    flat, deep = np.random.default_rng(0).random((4, 2)), np.random.default_rng(0).random((4, 3))
    assert is_plane((space_of("plane", flat), Merit(np.ones(4))))
    assert not is_plane((space_of("space", deep),))
    assert not is_plane((space_of("plane", flat), space_of("space", deep)))
