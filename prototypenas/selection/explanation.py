"""Why each model was chosen: what only it covers, and where it leads."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prototypenas.selection.hypervolume import Normalisation, exclusive_hypervolumes, hypervolume
from prototypenas.selection.leader import leader_of
from prototypenas.selection.pareto import Objectives
from prototypenas.selection.selection_space import expected_ranks


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
    sentence: str
    """Why it was chosen, for people."""


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
            _sentence(row, normalised, objectives, chosen, float(share)),
        )
        for row, values, share in rows
    )


def _sentence(row: int, front: NDArray[np.float64], objectives: Objectives, chosen: Sequence[int], share: float) -> str:
    """Say in one sentence why a row of the front was chosen; expected accuracy is the mean rank of its scores.

    What a model needs is its value in the first objective, which is a cost wherever there is one.
    """
    ranks = expected_ranks(front, objectives.costs)
    judged = objectives.costs < front.shape[1]
    first, needs = objectives.objectives[0], objectives.values[:, 0]
    need = first.amount(first.oriented(float(needs[row])))
    cheaper = needs <= needs[row]
    if len(front) == 1:
        return f"The only model of the front, {need}."
    if judged and row == leader_of(front, objectives.costs):
        return f"Expected to be the most accurate that fits: the best mean rank in all scores, of {len(front)} models."
    better = int((ranks[cheaper] < ranks[row]).sum())
    place = "the cheapest chosen" if needs[row] == needs[list(chosen)].min() else "a step between"
    if judged and objectives.costs and not better:
        return f"As {place}: none of the {int(cheaper.sum())} models up to its {need} is expected to be more accurate."
    return f"As {place}, {need}: without it the chosen would cover {100 * share:.1f} % less of the front."


def _named(names: tuple[str, ...], mask: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(name for name, true in zip(names, mask, strict=True) if true)
