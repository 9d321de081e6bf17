"""When channels go: from full widths to the widths of the configuration, in steps between epochs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from prototypenas.compression.pruning import Importance
from prototypenas.errors import ConfigurationError
from prototypenas.prototype import ChannelDimension


@dataclass(frozen=True)
class PruningSchedule:
    """Iterative structured pruning: most channels early, while the learning rate is high (Zhu & Gupta 2017, eq. 1)."""

    start: float = 0.2
    """Share of the epochs before the first step."""
    end: float = 0.6
    """Share of the epochs after which the target widths are reached; the rest recovers."""
    steps: int = 8
    """At most one step an epoch, so short runs take fewer."""
    importance: Importance = Importance.MAGNITUDE
    """Which channels go first."""

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end < 1:
            raise ConfigurationError(
                f"pruning from {self.start} to {self.end} of training; 0 <= start <= end < 1 is needed"
            )
        if self.steps < 1:
            raise ConfigurationError(f"{self.steps} pruning steps; at least 1 is needed")

    def epochs(self, total_epochs: int) -> tuple[int, ...]:
        """Numbers of the epochs before which a step is taken, ascending."""
        first = min(math.ceil(self.start * total_epochs), total_epochs - 1)
        last = max(first, int(self.end * total_epochs))
        count = min(self.steps, last - first + 1)
        if count == 1:
            return (first,)
        return tuple(round(first + (last - first) * step / (count - 1)) for step in range(count))

    def kept(self, dimensions: Sequence[ChannelDimension], epoch: int, total_epochs: int) -> dict[str, int]:
        """Channels of each dimension while this epoch runs; the target's own counts from the last step on."""
        remaining = self._remaining(epoch, total_epochs)
        return {
            dimension.name: dimension.kept + round((dimension.channels - dimension.kept) * remaining)
            for dimension in dimensions
        }

    def mean_remaining(self, total_epochs: int) -> float:
        """Return the share of the channels to be pruned that are still there, in the mean over the epochs."""
        return sum(self._remaining(epoch, total_epochs) for epoch in range(total_epochs)) / total_epochs

    def _remaining(self, epoch: int, total_epochs: int) -> float:
        steps = self.epochs(total_epochs)
        taken = sum(step <= epoch for step in steps)
        return float((1 - taken / len(steps)) ** 3)
