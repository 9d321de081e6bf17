"""What a subset covers, in one space of objectives or in several at once, and what one more point would add.

Coverage is a weighted sum of hypervolumes. A hypervolume is monotone and submodular, and a sum of such functions with
positive weights is so too; the searches of this package need nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prototypenas.selection.hypervolume import REFERENCE, hypervolume

LARGEST_EXPANSION = 8
"""Points of a subset up to which inclusion-exclusion (`2 ** points` terms) is quicker than single hypervolumes."""


@dataclass(frozen=True, eq=False)
class Space:
    """All points of the front in one space of objectives."""

    name: str
    extents: NDArray[np.float64]
    """`(n, m)`: reference minus normalised value, so each point is a box from the reference; at least 0."""
    weight: float

    def hypervolume(self, subset: Sequence[int]) -> float:
        """Volume of the union of the subset's boxes, without the weight."""
        return hypervolume(-self.extents[list(subset)], reference=0.0)


Spaces = tuple[Space, ...]


def space_of(name: str, normalised: NDArray[np.float64], share: float = 1.0) -> Space:
    """Make a space in which all points together cover `share`; `normalised` is `(n, m)`, lower is better."""
    extents = np.maximum(0.0, REFERENCE - normalised)
    return Space(name, extents, share / hypervolume(-extents, reference=0.0))


def coverage(spaces: Spaces, subset: Sequence[int]) -> float:
    """Give the weighted sum of hypervolumes of a subset: 1 for the whole front if the shares sum to 1."""
    return sum(space.weight * space.hypervolume(subset) for space in spaces)


def marginal_gains(spaces: Spaces, subset: Sequence[int], among: NDArray[np.intp]) -> NDArray[np.float64]:
    """Give how much coverage each point of `among` would add to the subset, in the order of `among`."""
    if len(subset) > LARGEST_EXPANSION:
        covered = coverage(spaces, subset)
        return np.array([coverage(spaces, [*subset, int(point)]) - covered for point in among])
    gains = [space.weight * _added_volume(space, subset, among) for space in spaces]
    return np.asarray(np.sum(gains, axis=0))


def shared_gains(
    spaces: Spaces, subset: Sequence[int], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Give by how much the gain of each column's point falls once the row's point is in, `(rows, columns)`.

    It is the volume in both boxes and in none of the subset's, by inclusion-exclusion over the subset.
    """
    total = np.zeros((len(rows), len(columns)))
    for space in spaces:
        corners, signs = _expansion(space, subset)
        common = [np.minimum.outer(axis[rows], axis[columns]) for axis in space.extents.T]
        for corner, sign in zip(corners, signs * space.weight, strict=True):
            total += _volumes(common, corner, sign)
    return total


def _added_volume(space: Space, subset: Sequence[int], among: NDArray[np.intp]) -> NDArray[np.float64]:
    corners, signs = _expansion(space, subset)
    boxes = space.extents[among]
    volumes = [sign * np.minimum(boxes, corner).prod(axis=1) for corner, sign in zip(corners, signs, strict=True)]
    return np.asarray(np.sum(volumes, axis=0))


def _expansion(space: Space, subset: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    corners, signs = np.full((1, space.extents.shape[1]), np.inf), np.ones(1)
    for point in subset:
        corners = np.concatenate([corners, np.minimum(corners, space.extents[point])])
        signs = np.concatenate([signs, -signs])
    return corners, signs


def _volumes(common: list[NDArray[np.float64]], corner: NDArray[np.float64], sign: float) -> NDArray[np.float64]:
    volumes = sign * np.minimum(common[0], corner[0])
    side = np.empty_like(volumes)
    for axis, limit in zip(common[1:], corner[1:], strict=True):
        np.minimum(axis, limit, out=side)
        volumes *= side
    return np.asarray(volumes)
