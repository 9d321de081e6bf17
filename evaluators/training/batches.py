"""Shuffled batches straight from memory, the same for the same seed and epoch."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from evaluators.task import Part
from prototypenas.workers.threads import computing_threads


def seed_of(seed: int, epoch: int) -> int:
    """Seed of one epoch of one run; a resumed run needs no saved generator."""
    return (seed * 1_000_003 + epoch * 7_919 + 17) % (2**63)


@dataclass
class ShuffledBatches:
    """An iterable that Lightning takes for a loader; no worker, no copy but the batch itself."""

    samples: Part
    device: str
    """Where the samples lie."""
    batch_size: int
    seed: int
    epoch: int = 0
    """Set before each epoch."""
    steps_per_epoch: int | None = None
    """Batches of an epoch, which continues the pass where the epoch before it ended; `None` is one whole pass."""

    @property
    def steps_per_pass(self) -> int:
        """Full batches that all samples make; one where they make none."""
        return max(1, len(self.samples) // self.batch_size)

    def __len__(self) -> int:
        return self.steps_per_epoch or self.steps_per_pass

    def __iter__(self) -> Iterator[Part]:
        first = self.epoch * len(self)
        shuffled, order = -1, torch.empty(0)
        for step in range(first, first + len(self)):
            number, place = divmod(step, self.steps_per_pass)
            if number != shuffled:
                shuffled, order = number, self._order(number)
            with computing_threads(1):
                batch = self.samples.at(order[place * self.batch_size : (place + 1) * self.batch_size])
            yield batch

    def _order(self, number: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed_of(self.seed, number))
        return torch.randperm(len(self.samples), generator=generator).to(self.device)
