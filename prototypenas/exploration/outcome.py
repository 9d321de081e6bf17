"""What a sampler is told of a candidate: objective values, and by how much each constraint is broken."""

from collections.abc import Mapping
from dataclasses import dataclass

from prototypenas.objectives import Goals
from prototypenas.types import Built, Candidate, Configuration, Explored, Rejected, Scored

USABLE = "usable"
"""The constraint that stands for everything but the limits: it can be built, scored, and its worker lived."""

UNBUILDABLE_VIOLATION = 10.0
"""Ten times over a limit: having no network is further from the goal than nearly every network too large."""

UNSCORED_VIOLATION = 1.0
"""A network that fits and cannot be scored counts as twice a limit."""


@dataclass(frozen=True)
class Outcome:
    """One told trial; everything a sampler may learn from."""

    number: int
    configuration: Configuration
    objectives: tuple[float, ...] | None
    """Lower is better in each, in the order of the goals' objectives; `None` for a rejected candidate."""
    violations: Mapping[str, float]
    """By constraint, in the order of `constraints_of`; at most 0 is feasible."""


def constraints_of(goals: Goals) -> tuple[str, ...]:
    """Return the names of all constraints that a sampler is told of."""
    return (*goals.constraints, USABLE)


def outcome_of(candidate: Explored, goals: Goals) -> Outcome:
    """Reduce a finished candidate to what a sampler is told."""
    objectives = None
    if isinstance(candidate, Scored):
        objectives = tuple(one.oriented(one.value(candidate)) for one in goals.objectives)
    return Outcome(candidate.number, candidate.configuration, objectives, _violations(candidate, goals))


def priced_outcome(candidate: Candidate, goals: Goals) -> Outcome:
    """Reduce a candidate that was priced and not scored to the limits it breaks."""
    return Outcome(candidate.number, candidate.configuration, None, _violations(candidate, goals))


def _violations(candidate: Candidate, goals: Goals) -> dict[str, float]:
    if not isinstance(candidate, Built):
        return {**dict.fromkeys(goals.constraints, 0.0), USABLE: UNBUILDABLE_VIOLATION}
    limits = goals.budget.violations(candidate.cost)
    if not isinstance(candidate, Rejected) or any(value > 0 for value in limits.values()):
        return {**limits, USABLE: -1.0}
    unscored = UNSCORED_VIOLATION if candidate.rejection.kind == "proxy" else UNBUILDABLE_VIOLATION
    return {**limits, USABLE: unscored}
