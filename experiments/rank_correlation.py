"""How well scores rank networks: Spearman and Kendall with bootstrap intervals, and the ensemble's own rank."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting
from scipy import stats

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Correlation:
    """A rank correlation and the 95 % interval of its bootstrap."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


def spearman(scores: Values, accuracies: Values) -> float:
    """Correlation of ranks, mean ranks for ties."""
    return float(np.corrcoef(stats.rankdata(scores), stats.rankdata(accuracies))[0, 1])


def kendall(scores: Values, accuracies: Values) -> float:
    """Kendall's tau-b."""
    return float(stats.kendalltau(scores, accuracies).statistic)


def with_interval(
    statistic: Callable[[Values, Values], float],
    scores: Values,
    accuracies: Values,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> Correlation:
    """Compute a correlation and its percentile interval over networks drawn with replacement.

    A network without a score (NaN) ranks below all others: the search would have rejected it. Draws in which all
    networks rank alike have no correlation and are left out of the interval.
    """
    ranked = np.where(np.isnan(scores), -np.inf, scores)
    generator = np.random.default_rng(seed)
    draws = generator.integers(len(ranked), size=(resamples, len(ranked)))
    varied = [draw for draw in draws if len(np.unique(ranked[draw])) > 1 and len(np.unique(accuracies[draw])) > 1]
    values = [statistic(ranked[draw], accuracies[draw]) for draw in varied]
    low, high = np.percentile(values, (2.5, 97.5))
    return Correlation(statistic(ranked, accuracies), float(low), float(high))


def nondomination_scores(scores: Values) -> Values:
    """Score networks `(n, proxies)` by the front they belong to: 0 for the first, -1 for the next, and so on.

    A network is in the first front if no other is at least as good in all proxies and better in one; the next
    front is the first of what is left. A network without all scores (NaN) comes after the last front.
    """
    complete = ~np.isnan(scores).any(axis=1)
    fronts = np.asarray(NonDominatedSorting().do(-scores[complete], return_rank=True)[1], dtype=np.float64)
    ranks = np.full(len(scores), fronts.max() + 1.0)
    ranks[complete] = fronts
    return -ranks
