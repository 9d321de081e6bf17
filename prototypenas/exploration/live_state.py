"""What the progress line says of a running exploration: feasible share, front and its hypervolume."""

from collections.abc import Sequence
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from prototypenas.exploration.candidate_evaluation import Evaluated
from prototypenas.exploration.outcome import Outcome
from prototypenas.progress import Progress
from prototypenas.selection.hypervolume import hypervolume, normalisation_over
from prototypenas.selection.pareto import nondominated
from prototypenas.types import Explored

PROGRESS_TASK = "explore"

FRONT_TIME_SHARE = 0.02
"""The front is looked at again only as often as keeps it below this share of the run's time."""


class LiveState:
    """Follows an exploration and tells a `Progress` of it."""

    def __init__(self, progress: Progress, trials: int) -> None:
        self._progress = progress
        self._trials = trials
        self._start = perf_counter()
        self._done = 0
        self._feasible = 0
        self._told = 0
        self._front: NDArray[np.float64] | None = None
        self._pending: list[tuple[float, ...]] = []
        self._volume = 0.0
        self._front_seconds = 0.0

    def resumed(self, count: int) -> None:
        """Say how many candidates an earlier run had finished."""
        self._done = count
        self._progress.update(PROGRESS_TASK, self._done, self._trials, self.note())

    def finished(self, news: Sequence[Evaluated[Explored]]) -> None:
        """Count candidates that have just finished."""
        self._done += len(news)
        self._progress.update(PROGRESS_TASK, self._done, self._trials, self.note())

    def pricing(self, priced: int) -> None:
        """Say that nothing has fitted yet, and how many configurations were priced besides to find what does."""
        self._progress.update(PROGRESS_TASK, self._done, self._trials, f"none fits yet, {priced} priced besides")

    def told(self, outcomes: Sequence[Outcome]) -> None:
        """Take in a generation, and look at its front if there is time for it."""
        scored = [outcome.objectives for outcome in outcomes if outcome.objectives is not None]
        self._pending += scored
        self._feasible += len(scored)
        self._told += len(outcomes)
        elapsed = perf_counter() - self._start
        if self._pending and self._front_seconds <= FRONT_TIME_SHARE * elapsed:
            start = perf_counter()
            self._look()
            self._front_seconds += perf_counter() - start
        self._progress.update(PROGRESS_TASK, self._done, self._trials, self.note())

    def note(self) -> str:
        """Return the line beside the bar; the hypervolume is normalised to the front seen so far."""
        parts = []
        if self._told:
            parts.append(f"{self._feasible / self._told:.0%} feasible")
        if self._front is not None:
            parts.append(f"front {len(self._front)}, hypervolume {self._volume:.3f}")
        return ", ".join(parts)

    def _look(self) -> None:
        values = np.array(self._pending)
        if self._front is not None:
            values = np.concatenate([self._front, values])
        self._front = values[nondominated(values)]
        self._pending = []
        names = tuple(str(place) for place in range(values.shape[1]))
        self._volume = hypervolume(normalisation_over(names, self._front).apply(self._front))
