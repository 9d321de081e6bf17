"""When an exploration has failed, and what it says then."""

from collections.abc import Sequence

from prototypenas.errors import NothingFits, ProxyError
from prototypenas.objectives import COSTS
from prototypenas.types import Budget, Candidate

SCORED_BEFORE_VERDICT = 20
"""Candidates that must have reached the proxies before one can be called broken because it fails often."""

FAILED_FROM_THE_START = 6
"""Candidates without a single score, after which a proxy is called broken because it fails always."""

UNSCORED = ("proxy", "worker")
"""Kinds of rejection that the proxies cause: they raise or hang, or take their worker down."""


class ProxyFailures:
    """Counts what the proxies could not score."""

    def __init__(self) -> None:
        self._reached = 0
        self._failed = 0
        self._new = 0
        self._any_scored = False

    def refuse_hopeless_proxy(self, news: Sequence[Candidate]) -> None:
        """Take in what has just finished, and end an exploration in which nothing at all can be scored.

        Raises:
            ProxyError: if none of the first candidates that fit could be scored, with the last reason.
        """
        reasons = _reasons(news)
        self._new += len(reasons)
        self._any_scored = self._any_scored or any(candidate.feasible for candidate in news)
        if reasons and not self._any_scored and self._new >= FAILED_FROM_THE_START:
            raise ProxyError(f"none of the first {self._new} candidates can be scored; the last: {reasons[-1]}")

    def refuse_broken_proxy(self, generation: Sequence[Candidate]) -> None:
        """Take in a generation, and end an exploration in which the proxies score almost nothing.

        Raises:
            ProxyError: if more than half of all candidates that fit could not be scored, with the last reason.
        """
        reasons = _reasons(generation)
        self._failed += len(reasons)
        self._reached += len(reasons) + sum(candidate.feasible for candidate in generation)
        self._any_scored = self._any_scored or self._failed < self._reached
        if reasons and self._reached >= SCORED_BEFORE_VERDICT and 2 * self._failed > self._reached:
            raise ProxyError(
                f"{self._failed} of {self._reached} candidates that fit cannot be scored; the last: {reasons[-1]}"
            )


def refuse_nothing_feasible(candidates: Sequence[Candidate], budget: Budget, *, priced_besides: int = 0) -> None:
    """End an exploration without a single scored candidate.

    Raises:
        NothingFits: with the closest candidate and the limits it broke.
        ProxyError: if candidates fit, but none could be scored.
    """
    if any(candidate.feasible for candidate in candidates):
        return
    for candidate in candidates:
        if candidate.rejection is not None and candidate.rejection.kind in UNSCORED:
            raise ProxyError(f"no candidate can be scored: {candidate.rejection.detail}")
    priced = [candidate for candidate in candidates if candidate.cost is not None]
    if not priced:
        first = candidates[0].rejection
        raise NothingFits(f"none of {len(candidates)} networks can be built: {first.detail if first else 'no reason'}")
    besides = f" (nor any of {priced_besides} more that were only priced)" if priced_besides else ""
    closest = min(priced, key=lambda candidate: (_excess(candidate, budget), candidate.number))
    raise NothingFits(
        f"none of {len(candidates)} candidates fits{besides}; the closest is number {closest.number} "
        f"({closest.configuration.architecture}): {_needs([closest], budget)}; "
        f"it breaks: {closest.rejection.detail if closest.rejection else 'nothing'}; "
        f"the least of each among all candidates: {_needs(priced, budget)}"
    )


def _reasons(candidates: Sequence[Candidate]) -> list[str]:
    return [each.rejection.detail for each in candidates if each.rejection and each.rejection.kind in UNSCORED]


def _excess(candidate: Candidate, budget: Budget) -> float:
    return sum(max(0.0, excess) for excess in budget.violations(candidate.needs).values())


def _needs(candidates: Sequence[Candidate], budget: Budget) -> str:
    """Say how much of each cost that is limited the candidates need, the least of all of them."""
    limited = (COSTS["ram"], COSTS["rom"], COSTS["flops"], *(limit.objective for limit in budget.more))
    costs = [candidate.cost for candidate in candidates if candidate.cost is not None]
    least = {one: one.oriented(min(one.oriented(one.of_cost(cost)) for cost in costs)) for one in limited}
    return ", ".join(one.exactly(value) for one, value in least.items())
