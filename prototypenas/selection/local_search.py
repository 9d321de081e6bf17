"""Greedy subset selection, improved by swaps from several starts: milliseconds, and nearly always the optimum."""

from collections.abc import Sequence

import numpy as np

from prototypenas.selection.coverage import Spaces, coverage, marginal_gains

RESTARTS = 8
"""Starts of the local search; the first is the plain greedy one, so the result is never below greedy."""


def greedy_subset(spaces: Spaces, keep: int, start: Sequence[int] = ()) -> tuple[int, ...]:
    """Add the point that covers most until `keep` points are chosen; gives indices in the order chosen."""
    subset = list(start)
    everyone = np.arange(spaces[0].points)
    while len(subset) < keep:
        gains = marginal_gains(spaces, subset, everyone)
        gains[subset] = -np.inf
        subset.append(int(gains.argmax()))
    return tuple(subset)


def swap_until_best(spaces: Spaces, subset: Sequence[int]) -> tuple[int, ...]:
    """Exchange one chosen point for another as long as coverage grows; the best exchange first."""
    current = list(subset)
    while True:
        place, point, gained = max((_best_swap(spaces, current, place) for place in range(len(current))), key=_gained)
        if gained <= 1e-12:
            return tuple(current)
        current[place] = point


def local_search_subset(spaces: Spaces, keep: int, *, seed: int, restarts: int = RESTARTS) -> tuple[int, ...]:
    """Return the best subset found from `restarts` starts, ascending indices.

    The first start is empty; the others are pairs drawn at random, completed greedily.
    """
    generator = np.random.default_rng(seed)
    points = spaces[0].points
    starts: list[tuple[int, ...]] = [()]
    for _ in range(restarts - 1):
        starts.append(tuple(map(int, generator.choice(points, size=min(2, keep, points), replace=False))))
    found = [swap_until_best(spaces, greedy_subset(spaces, keep, start)) for start in starts]
    covered = [coverage(spaces, subset) for subset in found]
    return tuple(sorted(found[int(np.argmax(covered))]))


def _best_swap(spaces: Spaces, current: list[int], place: int) -> tuple[int, int, float]:
    others = current[:place] + current[place + 1 :]
    gains = marginal_gains(spaces, others, np.arange(spaces[0].points))
    gains[others] = -np.inf
    point = int(gains.argmax())
    return place, point, float(gains[point] - gains[current[place]])


def _gained(swap: tuple[int, int, float]) -> float:
    return swap[2]
