"""The best subsets of every size in a plane, by dynamic programming; with a worth of each point by itself, if wanted.

Each point is a box from the reference point, `x` wide and `y` high. Points are taken in order of falling `x`. The union
of the boxes chosen so far then grows by `x * (y - height)` where the new box is higher than all before, and not at all
otherwise: the past matters only through how many were chosen and which of them is the highest. So one table of (number
chosen, highest point) holds the best value of every state, and each point updates it once. That is `O(n * n * k)`
simple operations for the best subsets of 1 to `k` of `n` points, and exact for any `n`. The idea for two objectives is
that of Bringmann, Friedrich and Klitzke (GECCO 2014); the worth of a point by itself adds to whatever state it joins.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prototypenas.selection.coverage import Merit, Spaces, VolumeSpace, coverage
from prototypenas.selection.exact import Solution


def is_plane(spaces: Spaces) -> bool:
    """Say whether the spaces are one plane, with or without merits."""
    planes = [space for space in spaces if isinstance(space, VolumeSpace)]
    return len(planes) == 1 and planes[0].extents.shape[1] == 2


def best_subsets(spaces: Spaces, most: int) -> dict[int, Solution]:
    """Return the best subset of each size from 1 to `most`, each proven.

    `spaces` is one plane, to which merits may be added; `most` is at most the number of points.
    """
    table = _Table(spaces, most)
    solutions = {}
    for size in range(1, most + 1):
        subset = table.subset(size)
        covered = coverage(spaces, subset)
        solutions[size] = Solution(subset, covered, covered, nodes=0)
    return solutions


@dataclass(frozen=True)
class _Points:
    """All points in order of falling width, the higher first among equally wide ones."""

    order: NDArray[np.intp]
    width: NDArray[np.float64]
    height: NDArray[np.float64]
    worth: NDArray[np.float64]


class _Table:
    """Best values by number chosen (row) and highest point (column): column 0 is "none yet", j + 1 is point j."""

    def __init__(self, spaces: Spaces, most: int) -> None:
        points = _sorted_points(spaces)
        count = len(points.order)
        self._order = points.order
        self._values = np.full((most + 1, count + 1), -np.inf)
        self._values[0, 0] = 0.0
        self._heights = np.concatenate([[0.0], points.height])
        self._previous_highest = np.zeros((most + 1, count + 1), dtype=np.intp)
        self._joined_below: list[NDArray[np.uint8]] = []
        for place in range(count):
            self._take(place, points)

    def subset(self, size: int) -> tuple[int, ...]:
        """Return the best subset of a size, found by going back through what each point changed."""
        chosen = []
        column = int(self._values[size].argmax())
        for place in range(len(self._order) - 1, -1, -1):
            if column == place + 1:
                chosen.append(int(self._order[place]))
                column = int(self._previous_highest[size, column])
                size -= 1
            elif column <= place and self._has_joined(place, size, column):
                chosen.append(int(self._order[place]))
                size -= 1
        return tuple(sorted(chosen))

    def _take(self, place: int, points: _Points) -> None:
        """Let a point join every state: as the new highest one, or below the highest, where it adds only its worth."""
        reached = slice(0, place + 1)
        before = self._values[:-1, reached]
        gain = points.width[place] * (points.height[place] - self._heights[reached])
        as_highest = np.where(gain > 0.0, before + gain, -np.inf)
        below = np.where(gain > 0.0, -np.inf, before + points.worth[place])
        after = self._values[1:, reached]
        better = below > after
        self._joined_below.append(np.packbits(better))
        np.copyto(after, below, where=better)
        best = as_highest.argmax(axis=1)
        self._values[1:, place + 1] = as_highest[np.arange(len(best)), best] + points.worth[place]
        self._previous_highest[1:, place + 1] = best

    def _has_joined(self, place: int, size: int, column: int) -> bool:
        if size == 0:
            return False
        bit = (size - 1) * (place + 1) + column
        return bool(self._joined_below[place][bit >> 3] >> (7 - (bit & 7)) & 1)


def _sorted_points(spaces: Spaces) -> _Points:
    plane = next(space for space in spaces if isinstance(space, VolumeSpace))
    worth = np.sum([space.worth for space in spaces if isinstance(space, Merit)], axis=0) + np.zeros(plane.points)
    width, height = plane.extents.T
    order = np.lexsort((-height, -width))
    return _Points(order, plane.weight * width[order], height[order], worth[order])
