"""What a sampler is told of a candidate: objective values, and by how much each constraint is broken."""

from collections.abc import Sequence
from dataclasses import dataclass

from prototypenas.types import Budget, Candidate, Configuration

CONSTRAINTS = ("ram", "rom", "flops", "usable")
"""`usable` stands for everything but the limits: it can be built, scored, and its worker lived."""

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
    """FLOPs (minimised), then every proxy (maximised); `None` for a rejected candidate."""
    violations: tuple[float, ...]
    """In the order of `CONSTRAINTS`; at most 0 is feasible."""


def outcome_of(candidate: Candidate, *, budget: Budget, proxies: Sequence[str]) -> Outcome:
    """Reduce a candidate to what a sampler is told."""
    objectives = None
    if candidate.cost is not None and candidate.feasible:
        objectives = (float(candidate.cost.flops), *(candidate.scores[name] for name in proxies))
    return Outcome(candidate.number, candidate.configuration, objectives, _violations(candidate, budget))


def _violations(candidate: Candidate, budget: Budget) -> tuple[float, ...]:
    if candidate.cost is None:
        return (0.0, 0.0, 0.0, UNBUILDABLE_VIOLATION)
    excess = budget.violations(candidate.cost)
    limits = tuple(excess[name] for name in CONSTRAINTS[:-1])
    if candidate.rejection is None or any(value > 0 for value in limits):
        return (*limits, -1.0)
    unscored = UNSCORED_VIOLATION if candidate.rejection.kind == "proxy" else UNBUILDABLE_VIOLATION
    return (*limits, unscored)
