"""Shuffled batches straight from memory, the same for the same seed and epoch."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

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
    """Set before each pass."""

    def __len__(self) -> int:
        return max(1, len(self.samples) // self.batch_size)

    def __iter__(self) -> Iterator[Part]:
        generator = torch.Generator().manual_seed(seed_of(self.seed, self.epoch))
        order = torch.randperm(len(self.samples), generator=generator).to(self.device)
        for step in range(len(self)):
            with computing_threads(1):
                batch = self.samples.at(order[step * self.batch_size : (step + 1) * self.batch_size])
            yield batch
