"""The best subset with a proof: branch and bound on the submodularity of hypervolume.

A node is a partial subset and the points that may still join it, ordered by what they would add. By submodularity no
completion with `r` more points covers more than the node's coverage plus the `r` largest gains left. Nodes are opened
best bound first, so that the first bound in the queue is at any moment a proven upper bound of the optimum.
"""

import heapq
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from prototypenas.selection.coverage import LARGEST_EXPANSION, Spaces, coverage, marginal_gains, shared_gains

TOLERANCE = 1e-12
"""Relative difference below which two coverages count as equal: ten times the rounding of their sums."""


@dataclass(frozen=True)
class Solution:
    """The best subset known and how good any subset could be."""

    subset: tuple[int, ...]
    """Ascending indices."""
    coverage: float
    upper_bound: float
    """No subset of this size covers more; equal to `coverage` where the optimum is proven."""
    nodes: int
    """Partial subsets opened."""

    @property
    def optimal(self) -> bool:
        """Whether the optimum is proven."""
        return self.upper_bound <= self.coverage * (1.0 + TOLERANCE)


def best_subset(spaces: Spaces, incumbent: tuple[int, ...], *, time_limit: float) -> Solution:
    """Find the best subset of the incumbent's size, or the best within `time_limit` seconds and a bound.

    Never below the incumbent. Subsets of more than nine points only get the bound of submodularity.
    """
    search = _Search(spaces, len(incumbent), tuple(sorted(incumbent)), coverage(spaces, incumbent))
    bound = search.bound_at_incumbent()
    if len(incumbent) <= LARGEST_EXPANSION + 1:
        bound = min(bound, search.run(time.monotonic() + time_limit))
    return Solution(search.subset, search.covered, max(bound, search.covered), search.nodes)


@dataclass(frozen=True, order=True)
class _Node:
    negative_bound: float
    number: int
    """Order of creation: ties are opened in this order, so the search is deterministic."""
    subset: tuple[int, ...] = field(compare=False)
    left: NDArray[np.intp] = field(compare=False)
    covered: float = field(compare=False)


class _Search:
    def __init__(self, spaces: Spaces, keep: int, subset: tuple[int, ...], covered: float) -> None:
        self.spaces, self.keep, self.subset, self.covered = spaces, keep, subset, covered
        self.nodes = 0
        self._queue: list[_Node] = []
        self._created = 0

    def bound_at_incumbent(self) -> float:
        # With f monotone and submodular, any k points T are worth f(T) <= f(S + T) <= f(S) + the sum of each one's
        # gain over S, so the k greatest gains bound every subset (Nemhauser, Wolsey and Fisher 1978).
        everyone = np.arange(self.spaces[0].points)
        gains = np.sort(marginal_gains(self.spaces, self.subset, everyone))
        return self.covered + float(gains[-self.keep :].clip(0.0).sum())

    def run(self, deadline: float) -> float:
        everyone = np.arange(self.spaces[0].points)
        self._push(np.inf, (), everyone, 0.0)
        while self._queue and self._beats(-self._queue[0].negative_bound):
            if time.monotonic() > deadline:
                return -self._queue[0].negative_bound
            self.nodes += 1
            self._open(heapq.heappop(self._queue))
        return self.covered

    def _open(self, node: _Node) -> None:
        missing = self.keep - len(node.subset)
        gains = marginal_gains(self.spaces, node.subset, node.left)
        order = np.argsort(-gains, kind="stable")
        left, gains = node.left[order], gains[order]
        if missing == 1:
            self._offer(node.covered + gains[0], (*node.subset, int(left[0])))
        elif len(left) >= missing:
            self._branch(node, left, gains, missing)

    def _branch(self, node: _Node, left: NDArray[np.intp], gains: NDArray[np.float64], missing: int) -> None:
        """Return each point that may come first among those left its own child; later points may follow it."""
        # Gains fall along `left`. Were the point of row i the first of a winner, the others would stand behind it, so
        # the winner's gain is at most that of `missing` consecutive points from i on: rows beyond the last that
        # reaches the incumbent are cut. A row's own bound counts what each later point still adds once it is in.
        sums = np.concatenate([[0.0], np.cumsum(gains)])
        consecutive = sums[missing:] - sums[:-missing]
        wanted = self.covered * (1.0 + TOLERANCE) - node.covered
        rows = int(np.count_nonzero(consecutive > wanted))
        if rows == 0:
            return
        # A point so far down that even the largest gains do not lift its sum over the incumbent joins no winner.
        columns = max(missing, int(np.count_nonzero(sums[missing - 1] + gains > wanted)))
        after = gains[:columns] - shared_gains(self.spaces, node.subset, left[:rows], left[:columns])
        after[np.arange(columns)[None, :] <= np.arange(rows)[:, None]] = -np.inf
        if missing == 2:
            self._offer_pairs(node, left, gains[:rows], after)
            return
        best_after = (
            np.partition(after, columns - missing + 1, axis=1)[:, columns - missing + 1 :].clip(0.0).sum(axis=1)
        )
        bounds = node.covered + np.minimum(gains[:rows] + best_after, consecutive[:rows])
        for row in np.flatnonzero(bounds > self.covered * (1.0 + TOLERANCE)):
            subset = (*node.subset, int(left[row]))
            self._push(float(bounds[row]), subset, left[row + 1 : columns], node.covered + float(gains[row]))

    def _offer_pairs(
        self, node: _Node, left: NDArray[np.intp], gains: NDArray[np.float64], after: NDArray[np.float64]
    ) -> None:
        totals = gains + after.max(axis=1)
        row = int(totals.argmax())
        column = int(after[row].argmax())
        self._offer(node.covered + totals[row], (*node.subset, int(left[row]), int(left[column])))

    def _offer(self, covered: float, subset: tuple[int, ...]) -> None:
        if self._beats(covered):
            self.covered, self.subset = float(covered), tuple(sorted(subset))

    def _beats(self, value: float) -> bool:
        return value > self.covered * (1.0 + TOLERANCE)

    def _push(self, bound: float, subset: tuple[int, ...], left: NDArray[np.intp], covered: float) -> None:
        heapq.heappush(self._queue, _Node(-bound, self._created, subset, left, covered))
        self._created += 1
