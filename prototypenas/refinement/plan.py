"""How a budget of minutes becomes a fixed number of candidates and optimizer steps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prototypenas.errors import ConfigurationError
from prototypenas.objectives import Objective
from prototypenas.selection.pareto import nondominated, objectives_of
from prototypenas.training.nominal_time import nominal_seconds
from prototypenas.types import Explored, Scored

SECONDS_PER_TRAINING = 1.5
"""Nominal time to start one training of a rung, and to score the held-out samples after it."""

MOST_CANDIDATES = 32
FEWEST_CANDIDATES = 2
LAST_CANDIDATES = 4
"""Halving ends with at most so many."""
FEWEST_STEPS = 40
"""Optimizer steps of the first rung below which candidates are rather dropped: fewer say little."""


@dataclass(frozen=True)
class RefinementPlan:
    """Successive halving, fixed before it starts."""

    candidates: tuple[int, ...]
    """Numbers of the candidates that enter, in order of FLOPs."""
    rungs: tuple[int, ...]
    """How many train in each rung; about half of the one before it."""
    steps: int
    """Optimizer steps of the first rung; every further rung adds twice as many as the one before it."""

    @property
    def units(self) -> int:
        """Steps of a candidate that is trained through all rungs, in multiples of `steps`."""
        return (1 << len(self.rungs)) - 1

    def units_after(self, rung: int) -> int:
        """Steps that a candidate has been trained after this rung (from 0), in multiples of `steps`."""
        return (1 << (rung + 1)) - 1


def planned(
    candidates: Sequence[Explored],
    *,
    seconds: float,
    batch_size: int,
    most_steps: int,
    objectives: Sequence[Objective] | None = None,
) -> RefinementPlan:
    """Return the plan that uses a nominal budget best: as many candidates as get `FEWEST_STEPS` steps.

    No candidate is trained for more than `most_steps`.

    Raises:
        ConfigurationError: if the budget is too small for two candidates; the message says how much is needed.
    """
    for count in range(min(MOST_CANDIDATES, len(candidates)), FEWEST_CANDIDATES - 1, -1):
        entrants = chosen_entrants(candidates, count, objectives)
        steps = _affordable_steps(entrants, seconds, batch_size)
        if steps >= FEWEST_STEPS or count == FEWEST_CANDIDATES:
            break
    rungs = rungs_of(count)
    steps = min(steps, most_steps // ((1 << len(rungs)) - 1))
    if steps < 1:
        needed = seconds + _cost_of_a_step(entrants, batch_size) * FEWEST_STEPS
        raise ConfigurationError(
            f"{seconds / 60:g} minutes of refinement are too few; about {needed / 60:.1f} are needed"
        )
    return RefinementPlan(tuple(one.number for one in entrants), rungs, steps)


def chosen_entrants(
    candidates: Sequence[Explored], count: int, objectives: Sequence[Objective] | None = None
) -> list[Scored]:
    """Return `count` feasible candidates in order of FLOPs: half of the Pareto front, half of the others.

    Both halves are spread over log FLOPs: of as many strata as places, the candidate of the best mean score rank each.
    Where one half is too small, the other fills it up.
    """
    feasible = _different(candidates)
    front = {feasible[row].number for row in nondominated(objectives_of(feasible, objectives).values)}
    ranks = _mean_ranks(feasible)
    inside = [one for one in feasible if one.number in front]
    outside = [one for one in feasible if one.number not in front]
    fronts = min(len(inside), max(math.ceil(count / 2), count - len(outside)))
    picked = [*_stratified(inside, fronts, ranks), *_stratified(outside, min(len(outside), count - fronts), ranks)]
    return sorted(picked, key=lambda one: (one.cost.flops, one.number))


def _different(candidates: Sequence[Explored]) -> list[Scored]:
    """Drop what cannot be trained and what is the same network as an earlier candidate."""
    seen: dict[str, Scored] = {}
    for one in candidates:
        if isinstance(one, Scored):
            seen.setdefault(one.digest, one)
    return list(seen.values())


def _stratified(candidates: Sequence[Scored], count: int, ranks: dict[int, float]) -> list[Scored]:
    ordered = sorted(candidates, key=lambda one: (one.cost.flops, one.number))
    strata = [part for part in np.array_split(np.arange(len(ordered)), count) if len(part)] if count else []
    return [min((ordered[place] for place in part), key=lambda one: (ranks[one.number], one.number)) for part in strata]


def _mean_ranks(candidates: Sequence[Scored]) -> dict[int, float]:
    """Return each candidate's mean rank over its scores, 0 the best; 0 for all where there is no score."""
    values = objectives_of(candidates).values[:, 1:]
    if not values.shape[1]:
        return {one.number: 0.0 for one in candidates}
    ranks = np.argsort(np.argsort(values, axis=0, kind="stable"), axis=0, kind="stable").mean(axis=1)
    return {one.number: float(rank) for one, rank in zip(candidates, ranks, strict=True)}


def rungs_of(count: int) -> tuple[int, ...]:
    """Return how many train in each rung, if so many enter."""
    rungs = [count]
    while rungs[-1] > LAST_CANDIDATES:
        rungs.append(math.ceil(rungs[-1] / 2))
    return tuple(rungs)


def _affordable_steps(entrants: Sequence[Scored], seconds: float, batch_size: int) -> int:
    starts = sum(rungs_of(len(entrants))) * SECONDS_PER_TRAINING
    return max(0, int((seconds - starts) / _cost_of_a_step(entrants, batch_size)))


def _cost_of_a_step(entrants: Sequence[Scored], batch_size: int) -> float:
    """Return the nominal seconds of all rungs for each step of the first, were survivors of mean size."""
    mean = float(np.mean([nominal_seconds(one.cost.flops, batch_size) for one in entrants]))
    return mean * sum((count << rung) for rung, count in enumerate(rungs_of(len(entrants))))
