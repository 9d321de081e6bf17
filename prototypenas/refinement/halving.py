"""Which candidates go on from one rung to the next, and what all rungs together say about each."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from prototypenas.selection.pareto import nondominated

LEAST_SHARE = 0.001
"""Scores are kept so far from 0 and 1 before their odds are taken."""


@dataclass(frozen=True)
class RungScore:
    """What a candidate has shown after one rung."""

    candidate: int
    rung: int
    """Counted from 0."""
    steps: int
    """Optimizer steps it has been trained in all."""
    loss: float
    """Mean training loss of the rung."""
    score: float
    """Of the held-out part of the training data, in `[0, 1]`, higher is better."""
    held_out: int
    """Samples it was measured on."""


@dataclass(frozen=True)
class Estimate:
    """How well a candidate is expected to do after the last rung, comparable between all that entered."""

    candidate: int
    rungs: int
    """How many rungs it was trained in."""
    score: float
    """In `[0, 1]`, higher is better."""
    error: float
    """Standard error of it: held-out samples, and the unknown gain of the rungs it did not see."""

    @property
    def cautious(self) -> float:
        """One standard error below the estimate: what selection counts on."""
        return self.score - self.error


def survivors(scores: Mapping[int, float], flops: Mapping[int, float], count: int) -> tuple[int, ...]:
    """Return the `count` candidates that go on, by layers of the Pareto front of FLOPs and score.

    So that small networks stay in the race: the best score at each cost goes on, then what is best without those. Of
    the last layer the highest scores go on. The very best score always does. Ties go to fewer FLOPs, then to the
    smaller number.
    """
    left = sorted(scores, key=lambda number: (-scores[number], flops[number], number))
    kept: list[int] = left[:1]
    left = left[1:]
    while left and len(kept) < count:
        values = np.array([[flops[number], -scores[number]] for number in left])
        layer = [left[row] for row in nondominated(values)]
        kept += layer[: count - len(kept)]
        left = [number for number in left if number not in layer]
    return tuple(sorted(kept[:count]))


def estimates(scores: Sequence[RungScore]) -> tuple[Estimate, ...]:
    """Return what to expect of each candidate after the last rung, in order of their numbers.

    A candidate that left earlier is given the mean gain, in log odds, of those that went on from the rungs it missed;
    the deviation of these gains is part of its error.
    """
    last = max(score.rung for score in scores)
    gains = [_gain(scores, rung) for rung in range(last)]
    latest: dict[int, RungScore] = {}
    for score in sorted(scores, key=lambda one: one.rung):
        latest[score.candidate] = score
    return tuple(_estimate(latest[number], gains) for number in sorted(latest))


def _gain(scores: Sequence[RungScore], rung: int) -> tuple[float, float]:
    """Return mean and deviation of the gain in log odds from a rung to the next."""
    before, after = (
        {score.candidate: _log_odds(score.score) for score in scores if score.rung == place}
        for place in (rung, rung + 1)
    )
    gained = [after[number] - before[number] for number in after]
    return float(np.mean(gained)), float(np.std(gained))


def _estimate(score: RungScore, gains: Sequence[tuple[float, float]]) -> Estimate:
    missed = gains[score.rung :]
    odds = _log_odds(score.score) + sum(mean for mean, _ in missed)
    share = 1 / (1 + math.exp(-odds))
    # A small change of log odds is one of share * (1 - share) times itself in the share.
    unknown = share * (1 - share) * math.sqrt(sum(deviation**2 for _, deviation in missed))
    sampled = math.sqrt(max(share * (1 - share), LEAST_SHARE) / score.held_out)
    value = score.score if not missed else share
    return Estimate(score.candidate, score.rung + 1, value, math.hypot(sampled, unknown))


def _log_odds(share: float) -> float:
    kept = min(max(share, LEAST_SHARE), 1 - LEAST_SHARE)
    return math.log(kept / (1 - kept))
