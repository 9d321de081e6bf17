"""What every task knows from its data set alone: name, shape, classes, parts, and samples for the proxies."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch

from evaluators.task import Part
from prototypenas.types import InputShape

P = TypeVar("P", bound=Part)
P_co = TypeVar("P_co", bound=Part, covariant=True)


class PartedData(Protocol[P_co]):
    """A data set with its fixed split."""

    @property
    def name(self) -> str:
        """How the data set is called."""

    @property
    def input_shape(self) -> InputShape:
        """One sample as the network sees it."""

    @property
    def num_classes(self) -> int:
        """Number of classes."""

    @property
    def train(self) -> P_co:
        """All samples that may be learnt from."""

    @property
    def test(self) -> P_co:
        """Samples that are looked at once, after all training."""


@dataclass(frozen=True)
class DataTask(Generic[P]):
    """The part of a task that follows from its data."""

    data: PartedData[P]

    @property
    def name(self) -> str:
        """The data set's name."""
        return self.data.name

    @property
    def input_shape(self) -> InputShape:
        """One sample as the network sees it."""
        return self.data.input_shape

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return self.data.num_classes

    @property
    def train(self) -> P:
        """All samples that may be learnt from."""
        return self.data.train

    @property
    def test(self) -> P:
        """Samples that are looked at once, after all training."""
        return self.data.test

    def drawn(self, batch_size: int, seed: int) -> tuple[P, tuple[P, P]]:
        """Draw one lone training sample and two batches for the proxies, each sample once where there are enough."""
        generator, count = torch.Generator().manual_seed(seed), 2 * batch_size + 1
        drawn = torch.randint(len(self.train), (count,), generator=generator).tolist()
        if len(self.train) >= count:
            # NASWOT compares the samples of a batch with each other: one that stands there twice has no score.
            distinct = dict.fromkeys(drawn)
            while len(distinct) < count:
                distinct[int(torch.randint(len(self.train), (), generator=generator))] = None
            drawn = list(distinct)
        places = torch.tensor(drawn)
        first, second = places[:batch_size], places[batch_size:-1]
        return self.train.at(places[-1:]), (self.train.at(first), self.train.at(second))
