"""What selection goes by once candidates were refined: an estimate of the score beside those of the proxies."""

from collections.abc import Sequence

from prototypenas.objectives import Objective, Origin
from prototypenas.refinement.refinement_table import Refinement
from prototypenas.types import Explored, Scored

ESTIMATE = "estimate"
"""Name of the score that refined candidates have beside their proxies: held-out score, less one standard error."""


def refined_candidates(refinement: Refinement, candidates: Sequence[Explored]) -> tuple[Scored, ...]:
    """Return the candidates that were refined, with the cautious estimate beside the scores of their proxies.

    The proxies stay: on the table of our own space a choice by both lost less of the best accuracy than one by either
    where refinement was short, and no more where it was long (`experiments.refinement_on_own_space`).
    """
    by_number = {one.number: one for one in candidates if isinstance(one, Scored)}
    return tuple(_with_estimate(by_number[one.candidate], one.cautious) for one in refinement.estimates)


def _with_estimate(candidate: Scored, estimate: float) -> Scored:
    return candidate.scored({**candidate.scores, ESTIMATE: estimate})


def refined_objectives(objectives: Sequence[Objective]) -> tuple[Objective, ...]:
    """Return the objectives of candidates that were refined: the estimate beside those of the exploration."""
    return (*objectives, Objective(ESTIMATE, Origin.ESTIMATE))
