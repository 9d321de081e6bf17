"""Choosing a few of many networks by a score, and how good the choice is once accuracies are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.rank_correlation import Values
from prototypenas.selection.coverage import coverage, space_of
from prototypenas.selection.exact import best_subset
from prototypenas.selection.hypervolume import normalisation_over
from prototypenas.selection.leader import leader_of, with_leader
from prototypenas.selection.local_search import local_search_subset
from prototypenas.selection.pareto import nondominated
from prototypenas.selection.plane import best_subsets, is_plane
from prototypenas.selection.selection_space import spaces_named

Rows = np.ndarray[tuple[int], np.dtype[np.intp]]
NEIGHBOURS = 5
"""Networks nearest in log FLOPs, on either side together, that stand in for a chosen one at equal cost."""
MATCHED = 50
"""Subsets of equal cost that a choice is compared with."""


@dataclass(frozen=True)
class Judged:
    """How good a choice is."""

    share: float
    """Hypervolume of (log FLOPs, accuracy) as a percentage of that of the best possible choice of as many."""
    regret: float
    """Best accuracy of all minus best accuracy of the chosen, in points."""
    percentile: float
    """Share of equally dear random choices with less hypervolume, in percent."""


class Truth:
    """Networks whose accuracies are known; judges choices of them."""

    def __init__(self, flops: Values, accuracy: Values, keep: int) -> None:
        self.accuracy = accuracy
        self.order = np.argsort(flops)
        plane = np.column_stack([np.log(flops), -accuracy])
        scaled = normalisation_over(("flops", "accuracy"), plane).apply(plane)
        self._spaces = (space_of("truth", scaled),)
        front = nondominated(plane)
        truth = (space_of("truth", scaled[front]),)
        self.best: Rows = front
        if len(front) > keep:
            start = local_search_subset(truth, keep, seed=0, restarts=3)
            self.best = front[list(best_subset(truth, start, time_limit=10.0).subset)]
        self._most = self.hypervolume(self.best)

    def hypervolume(self, chosen: Rows) -> float:
        """Volume that the chosen dominate."""
        return coverage(self._spaces, np.asarray(chosen).tolist())

    def share(self, chosen: Rows) -> float:
        """Return the volume that the chosen dominate, in percent of that of the best possible choice of as many."""
        return 100.0 * self.hypervolume(chosen) / self._most

    def judge(self, chosen: Rows, generator: np.random.Generator) -> Judged:
        """Hold a choice against the best possible and against random ones of equal cost."""
        own = self.hypervolume(chosen)
        matched = [self.hypervolume(self._matched(chosen, generator)) for _ in range(MATCHED)]
        below = np.mean(np.array(matched) < own) + np.mean(np.array(matched) == own) / 2
        regret = 100.0 * float(self.accuracy.max() - self.accuracy[chosen].max())
        return Judged(self.share(chosen), regret, 100.0 * float(below))

    def _matched(self, chosen: Rows, generator: np.random.Generator) -> Rows:
        """Swap each chosen for one of its neighbours in FLOPs, itself among them, none twice."""
        taken: list[int] = []
        for one in chosen:
            place = int(np.flatnonzero(self.order == one)[0])
            low = min(max(0, place - NEIGHBOURS // 2), len(self.order) - NEIGHBOURS)
            free = [int(other) for other in self.order[low : low + NEIGHBOURS] if other not in taken]
            taken.append(int(generator.choice(free)) if free else int(one))
        return np.array(taken, dtype=np.intp)


def chosen_in(space: str, objectives: Values, keep: int) -> Rows:
    """Choose from the front of objectives `(n, m)`, lower is better, FLOPs first, as a selection space does."""
    return _chosen(space, objectives, keep, led=False)


def chosen_with_leader(space: str, objectives: Values, keep: int) -> Rows:
    """Choose alike, the network of the best mean rank always among the chosen, as the default selection does."""
    return _chosen(space, objectives, keep, led=True)


def _chosen(space: str, objectives: Values, keep: int, *, led: bool) -> Rows:
    front = nondominated(objectives)
    if len(front) <= keep:
        return front
    names = tuple(map(str, range(objectives.shape[1])))
    scaled = normalisation_over(names, objectives[front]).apply(objectives[front])
    spaces = spaces_named(space, scaled)
    if led:
        spaces = with_leader(spaces, leader_of(scaled))
    if is_plane(spaces):
        subset = best_subsets(spaces, keep)[keep].subset
    else:
        start = local_search_subset(spaces, keep, seed=0, restarts=3)
        subset = best_subset(spaces, start, time_limit=5.0).subset
    return np.asarray(front[list(subset)], dtype=np.intp)


def quantiles(flops: Values, keep: int) -> Rows:
    """Take networks evenly from the least to the most FLOPs."""
    return np.asarray(np.argsort(flops)[np.linspace(0, len(flops) - 1, keep).round().astype(int)], dtype=np.intp)


def capped_regrets(flops: Values, accuracy: Values, score: Values, caps: Sequence[float]) -> Mapping[float, float]:
    """Give, for each cap on FLOPs, how many points the best-scored below it lies under the best."""
    regrets = {}
    for cap in caps:
        below = flops <= cap
        if below.any():
            picked = accuracy[below][int(np.argmax(score[below]))]
            regrets[cap] = 100.0 * float(accuracy[below].max() - picked)
    return regrets
