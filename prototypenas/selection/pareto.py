"""The objectives of candidates as one matrix, and the points of it that no other point beats."""

from collections.abc import Sequence
from dataclasses import dataclass

import moocore
import numpy as np
from numpy.typing import NDArray

from prototypenas.errors import ConfigurationError
from prototypenas.objectives import Objective, cost_count, costs_first, default_objectives
from prototypenas.types import Scored


@dataclass(frozen=True, eq=False)
class Objectives:
    """Objective values of `n` candidates, oriented so that lower is better everywhere."""

    objectives: tuple[Objective, ...]
    """Costs first."""
    values: NDArray[np.float64]
    """`(n, m)`."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the objectives, in the order of the columns."""
        return tuple(objective.name for objective in self.objectives)

    @property
    def costs(self) -> int:
        """How many of the first columns are costs."""
        return cost_count(self.objectives)


def objectives_of(candidates: Sequence[Scored], objectives: Sequence[Objective] | None = None) -> Objectives:
    """Read the objectives of scored candidates; FLOPs and all scores of the first where none are named.

    Raises:
        ConfigurationError: if a candidate has no cost, lacks a score, or has a value that is not finite.
    """
    read = costs_first(_default_objectives(candidates) if objectives is None else objectives)
    rows = [_row(candidate, read) for candidate in candidates]
    return Objectives(read, np.array(rows, dtype=np.float64).reshape(len(rows), len(read)))


def nondominated(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the indices of non-dominated rows, ascending; of equal rows only the first.

    Lower is better in every column of `values` `(n, m)`.

    Raises:
        ConfigurationError: if a value is NaN or infinite, which would compare wrongly with everything.
    """
    broken = np.argwhere(~np.isfinite(values))
    if len(broken):
        row, column = broken[0]
        raise ConfigurationError(f"objective {column} of point {row} is {values[row, column]}; objectives are finite")
    if values.shape[1] == 1:
        return np.array([int(values[:, 0].argmin())], dtype=np.intp)
    return np.flatnonzero(moocore.is_nondominated(values))


def _default_objectives(candidates: Sequence[Scored]) -> tuple[Objective, ...]:
    names = tuple(candidates[0].scores)
    for candidate in candidates:
        if set(candidate.scores) != set(names):
            found = f"candidate {candidate.number} was scored by {sorted(candidate.scores)}"
            raise ConfigurationError(f"{found}, others by {sorted(names)}")
    return default_objectives(names)


def _row(candidate: Scored, objectives: Sequence[Objective]) -> list[float]:
    row = [objective.oriented(objective.value(candidate)) for objective in objectives]
    for objective, value in zip(objectives, row, strict=True):
        if not np.isfinite(value):
            found = f"{objective.name} of candidate {candidate.number} is {objective.oriented(value)}"
            raise ConfigurationError(f"{found}; objectives are finite")
    return row
