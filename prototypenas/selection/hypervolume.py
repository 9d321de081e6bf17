"""Hypervolume of points whose objectives were brought to a common scale first."""

from dataclasses import dataclass

import moocore
import numpy as np
from numpy.typing import NDArray

REFERENCE = 1.1
"""Reference point in every normalised objective.

A tenth beyond the worst of the front, so that the extreme points count too; the same in every report.
"""


@dataclass(frozen=True)
class Normalisation:
    """Affine map of each objective to `[0, 1]`: best of the front 0, worst 1; lower is better."""

    names: tuple[str, ...]
    best: tuple[float, ...]
    worst: tuple[float, ...]
    reference: float = REFERENCE

    def apply(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map values `(n, m)`; an objective that is constant over the front maps to 0, and so tells nobody apart."""
        best, worst = np.array(self.best), np.array(self.worst)
        span = np.where(worst > best, worst - best, 1.0)
        return np.asarray((values - best) / span, dtype=np.float64)


def normalisation_over(names: tuple[str, ...], front: NDArray[np.float64]) -> Normalisation:
    """Take the scale from the front `(n, m)`, lower is better."""
    return Normalisation(names, tuple(front.min(axis=0).tolist()), tuple(front.max(axis=0).tolist()))


def hypervolume(normalised: NDArray[np.float64], reference: float = REFERENCE) -> float:
    """Return the volume dominated by points `(n, m)` up to the reference; points beyond it count nothing."""
    if not len(normalised):
        return 0.0
    if normalised.shape[1] == 1:
        return max(0.0, float(reference - normalised.min()))
    return float(moocore.hypervolume(normalised, ref=np.full(normalised.shape[1], reference)))


def exclusive_hypervolumes(normalised: NDArray[np.float64], reference: float = REFERENCE) -> NDArray[np.float64]:
    """Return what the set would lose without each of its points, `(n,)`; equal points lose nothing."""
    whole = hypervolume(normalised, reference)
    without = [hypervolume(np.delete(normalised, row, axis=0), reference) for row in range(len(normalised))]
    return np.maximum(0.0, whole - np.array(without))
