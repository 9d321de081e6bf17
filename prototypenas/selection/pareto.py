"""The objectives of candidates as one matrix, and the points of it that no other point beats."""

from collections.abc import Sequence
from dataclasses import dataclass

import moocore
import numpy as np
from numpy.typing import NDArray

from prototypenas.errors import ConfigurationError
from prototypenas.types import Candidate

FLOPS = "flops"
"""Name of the one objective that is minimised; all others are proxy scores, maximised."""


@dataclass(frozen=True, eq=False)
class Objectives:
    """Objective values of `n` candidates, oriented so that lower is better everywhere."""

    names: tuple[str, ...]
    """`flops`, then the proxies in the order of the first candidate's scores."""
    values: NDArray[np.float64]
    """`(n, m)`: FLOPs as they are, scores negated."""

    @property
    def natural(self) -> NDArray[np.float64]:
        """The same values as people read them: scores with their own sign."""
        signs = np.array([1.0 if name == FLOPS else -1.0 for name in self.names])
        return np.asarray(self.values * signs)


def objectives_of(candidates: Sequence[Candidate]) -> Objectives:
    """Read FLOPs and scores of scored candidates.

    Raises:
        ConfigurationError: if a candidate has no cost, other proxies than the first, or a value that is not finite.
    """
    names = tuple(candidates[0].scores)
    rows = [_row(candidate, names) for candidate in candidates]
    return Objectives((FLOPS, *names), np.array(rows, dtype=np.float64).reshape(len(rows), 1 + len(names)))


def nondominated(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Give the indices of non-dominated rows, ascending; of equal rows only the first.

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


def _row(candidate: Candidate, names: tuple[str, ...]) -> list[float]:
    if candidate.cost is None:
        raise ConfigurationError(f"candidate {candidate.number} has no cost; only scored candidates can be selected")
    if set(candidate.scores) != set(names):
        raise ConfigurationError(
            f"candidate {candidate.number} was scored by {sorted(candidate.scores)}, others by {sorted(names)}"
        )
    row = [float(candidate.cost.flops), *(-float(candidate.scores[name]) for name in names)]
    for name, value in zip((FLOPS, *names), row, strict=True):
        if not np.isfinite(value):
            raise ConfigurationError(f"{name} of candidate {candidate.number} is {value}; objectives are finite")
    return row
