"""What a subset covers, in one space of objectives or in several at once, and what one more point would add.

Coverage is a weighted sum of hypervolumes, to which each point's own merit may be added. A hypervolume is monotone and
submodular, and a sum of such functions with positive weights is so too; the searches of this package need nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prototypenas.selection.hypervolume import REFERENCE, hypervolume

LARGEST_EXPANSION = 8
"""Points of a subset up to which inclusion-exclusion (`2 ** points` terms) is quicker than single hypervolumes."""


@dataclass(frozen=True, eq=False)
class VolumeSpace:
    """All points of the front in one space of objectives."""

    name: str
    extents: NDArray[np.float64]
    """`(n, m)`: reference minus normalised value, so each point is a box from the reference; at least 0."""
    weight: float

    def hypervolume(self, subset: Sequence[int]) -> float:
        """Volume of the union of the subset's boxes, without the weight."""
        return hypervolume(-self.extents[list(subset)], reference=0.0)

    @property
    def points(self) -> int:
        """Points of the front."""
        return len(self.extents)

    def value(self, subset: Sequence[int]) -> float:
        """Weighted volume of a subset."""
        return self.weight * self.hypervolume(subset)

    def gains(self, subset: Sequence[int], among: NDArray[np.intp]) -> NDArray[np.float64]:
        """Weighted volume that each point of `among` would add, by inclusion-exclusion over the subset."""
        corners, signs = self._expansion(subset)
        boxes = self.extents[among]
        volumes = [sign * np.minimum(boxes, corner).prod(axis=1) for corner, sign in zip(corners, signs, strict=True)]
        return np.asarray(self.weight * np.sum(volumes, axis=0))

    def shared(self, subset: Sequence[int], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float64]:
        """Weighted volume in the boxes of row and column and in none of the subset's, by inclusion-exclusion."""
        corners, signs = self._expansion(subset)
        common = [np.minimum.outer(axis[rows], axis[columns]) for axis in self.extents.T]
        total = np.zeros((len(rows), len(columns)))
        for corner, sign in zip(corners, signs * self.weight, strict=True):
            total += _volumes(common, corner, sign)
        return total

    def _expansion(self, subset: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        corners, signs = np.full((1, self.extents.shape[1]), np.inf), np.ones(1)
        for point in subset:
            # Inclusion and exclusion: every subset of the points shares the box up to its least extents, counted
            # with alternating sign. The terms double with each point, which is why few points are expanded.
            corners = np.concatenate([corners, np.minimum(corners, self.extents[point])])
            signs = np.concatenate([signs, -signs])
        return corners, signs


@dataclass(frozen=True, eq=False)
class Merit:
    """What each point is worth by itself, whatever else is chosen."""

    worth: NDArray[np.float64]
    """`(n,)`, at least 0."""

    @property
    def points(self) -> int:
        """Points of the front."""
        return len(self.worth)

    def value(self, subset: Sequence[int]) -> float:
        """Sum over different points of the subset."""
        return float(self.worth[sorted(set(subset))].sum())

    def gains(self, subset: Sequence[int], among: NDArray[np.intp]) -> NDArray[np.float64]:
        """Worth of each point of `among` that is not chosen yet."""
        return np.where(np.isin(among, list(subset)), 0.0, self.worth[among])

    def shared(self, subset: Sequence[int], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float64]:
        """Only a point and itself share worth."""
        return np.where(rows[:, None] == columns[None, :], self.gains(subset, columns)[None, :], 0.0)


Spaces = tuple[VolumeSpace | Merit, ...]


def space_of(name: str, normalised: NDArray[np.float64], share: float = 1.0) -> VolumeSpace:
    """Make a space in which all points together cover `share`; `normalised` is `(n, m)`, lower is better."""
    extents = np.maximum(0.0, REFERENCE - normalised)
    return VolumeSpace(name, extents, share / hypervolume(-extents, reference=0.0))


def coverage(spaces: Spaces, subset: Sequence[int]) -> float:
    """Return what a subset is worth: the weighted sum of its hypervolumes, and its merits."""
    return sum(space.value(subset) for space in spaces)


def marginal_gains(spaces: Spaces, subset: Sequence[int], among: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how much coverage each point of `among` would add to the subset, in the order of `among`."""
    if len(subset) > LARGEST_EXPANSION:
        covered = coverage(spaces, subset)
        return np.array([coverage(spaces, [*subset, int(point)]) - covered for point in among])
    return np.asarray(np.sum([space.gains(subset, among) for space in spaces], axis=0))


def shared_gains(
    spaces: Spaces, subset: Sequence[int], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return by how much the gain of each column's point falls once the row's point is in, `(rows, columns)`."""
    return np.asarray(np.sum([space.shared(subset, rows, columns) for space in spaces], axis=0))


def _volumes(common: list[NDArray[np.float64]], corner: NDArray[np.float64], sign: float) -> NDArray[np.float64]:
    volumes = sign * np.minimum(common[0], corner[0])
    side = np.empty_like(volumes)
    for axis, limit in zip(common[1:], corner[1:], strict=True):
        np.minimum(axis, limit, out=side)
        volumes *= side
    return np.asarray(volumes)
