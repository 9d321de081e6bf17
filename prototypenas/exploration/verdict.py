"""When an exploration has failed, and what it says then."""

from collections.abc import Sequence

from prototypenas.errors import NothingFits, ProxyError
from prototypenas.objectives import COSTS
from prototypenas.types import Budget, Built, Explored, Invalid, Rejected, Scored

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

    def refuse_hopeless_proxy(self, news: Sequence[Explored]) -> None:
        """Take in what has just finished, and end an exploration in which nothing at all can be scored.

        Raises:
            ProxyError: if none of the first candidates that fit could be scored, with the last reason.
        """
        reasons = _reasons(news)
        self._new += len(reasons)
        self._any_scored = self._any_scored or any(isinstance(candidate, Scored) for candidate in news)
        if reasons and not self._any_scored and self._new >= FAILED_FROM_THE_START:
            raise ProxyError(f"none of the first {self._new} candidates can be scored; the last: {reasons[-1]}")

    def refuse_broken_proxy(self, generation: Sequence[Explored]) -> None:
        """Take in a generation, and end an exploration in which the proxies score almost nothing.

        Raises:
            ProxyError: if more than half of all candidates that fit could not be scored, with the last reason.
        """
        reasons = _reasons(generation)
        self._failed += len(reasons)
        self._reached += len(reasons) + sum(isinstance(candidate, Scored) for candidate in generation)
        self._any_scored = self._any_scored or self._failed < self._reached
        if reasons and self._reached >= SCORED_BEFORE_VERDICT and 2 * self._failed > self._reached:
            raise ProxyError(
                f"{self._failed} of {self._reached} candidates that fit cannot be scored; the last: {reasons[-1]}"
            )


def refuse_nothing_feasible(candidates: Sequence[Explored], budget: Budget, *, priced_besides: int = 0) -> None:
    """End an exploration without a single scored candidate.

    Raises:
        NothingFits: with the closest candidate and the limits it broke.
        ProxyError: if candidates fit, but none could be scored.
    """
    failed = [candidate for candidate in candidates if not isinstance(candidate, Scored)]
    if len(failed) < len(candidates):
        return
    for reason in _reasons(failed):
        raise ProxyError(f"no candidate can be scored: {reason}")
    priced = [candidate for candidate in failed if isinstance(candidate, Rejected)]
    if not priced:
        raise NothingFits(f"none of {len(candidates)} networks can be built: {failed[0].rejection.detail}")
    besides = f" (nor any of {priced_besides} more that were only priced)" if priced_besides else ""
    closest = min(priced, key=lambda candidate: (_excess(candidate, budget), candidate.number))
    raise NothingFits(
        f"none of {len(candidates)} candidates fits{besides}; the closest is number {closest.number} "
        f"({closest.configuration.architecture}): {_needs([closest], budget)}; "
        f"it breaks: {closest.rejection.detail}; "
        f"the least of each among all candidates: {_needs(priced, budget)}"
    )


def _reasons(candidates: Sequence[Explored]) -> list[str]:
    rejections = [one.rejection for one in candidates if isinstance(one, Invalid | Rejected)]
    return [rejection.detail for rejection in rejections if rejection.kind in UNSCORED]


def _excess(candidate: Built, budget: Budget) -> float:
    return sum(max(0.0, excess) for excess in budget.violations(candidate.cost).values())


def _needs(candidates: Sequence[Built], budget: Budget) -> str:
    """Say how much of each cost that is limited the candidates need, the least of all of them."""
    limited = (COSTS["ram"], COSTS["rom"], COSTS["flops"], *(limit.objective for limit in budget.more))
    least = {one: one.oriented(min(one.oriented(one.of_cost(each.cost)) for each in candidates)) for one in limited}
    return ", ".join(one.exactly(value) for one, value in least.items())
