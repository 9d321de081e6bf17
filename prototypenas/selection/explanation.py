"""Why each model was chosen: what only it covers, and where it leads."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prototypenas.selection.hypervolume import Normalisation, exclusive_hypervolumes, hypervolume
from prototypenas.selection.pareto import Objectives


@dataclass(frozen=True)
class Reason:
    """What one chosen model adds to the others."""

    candidate: int
    """Number of the candidate."""
    exclusive_hypervolume: float
    """What the chosen would lose without it, as a share of their hypervolume in all objectives."""
    leads: tuple[str, ...]
    """Objectives in which no other chosen model is better."""
    best_of_front: tuple[str, ...]
    """Objectives in which no model of the whole front is better."""


def reasons_for(
    numbers: Sequence[int], objectives: Objectives, chosen: Sequence[int], scale: Normalisation
) -> tuple[Reason, ...]:
    """Explain the rows `chosen` of the front's objectives; `numbers` names the front's candidates."""
    normalised = scale.apply(objectives.values)
    picked = normalised[list(chosen)]
    shares = exclusive_hypervolumes(picked, scale.reference) / hypervolume(picked, scale.reference)
    # A constant objective tells nobody apart, so nobody leads it.
    telling = np.ptp(normalised, axis=0) > 0
    lowest, best = picked.min(axis=0), normalised.min(axis=0)
    rows = zip(chosen, picked, shares, strict=True)
    return tuple(
        Reason(
            numbers[row],
            float(share),
            _named(objectives.names, telling & (values == lowest)),
            _named(objectives.names, telling & (values == best)),
        )
        for row, values, share in rows
    )


def _named(names: tuple[str, ...], mask: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(name for name, true in zip(names, mask, strict=True) if true)
