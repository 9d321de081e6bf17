"""What a model is trained for: data, loss and metric, as training, quantization and delivery see them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from evaluators.training.recipe import Recipe
from prototypenas.detection.head import DetectionHead
from prototypenas.graph.graph import Graph, IntegerGraph
from prototypenas.prototype import Prototype
from prototypenas.runs.class_scores import ClassScores
from prototypenas.types import InputShape, Preparation, Probe

EVALUATION_BATCH = 256
"""Samples a forward pass outside training; fits 3x128x128 on 4 GB."""


class Part(Protocol):
    """Some samples of a data set with what is true of them: a training, validation or test part, or a batch."""

    def __len__(self) -> int:
        """Number of samples."""

    def at(self, indices: Tensor | NDArray[np.int64]) -> Self:
        """Return the samples at these places, in this order."""

    def batches(self, batch_size: int) -> Iterator[Self]:
        """Return all samples in order, the last batch smaller."""

    def to(self, device: str | torch.device) -> Self:
        """Return the same samples on a device."""


P = TypeVar("P", bound=Part)


class Task(Protocol[P]):
    """A data set, what is lost and what is scored on it; a frozen dataclass, for it travels to every worker."""

    @property
    def name(self) -> str:
        """The data set's name."""

    @property
    def metric(self) -> str:
        """What the scores are; see `prototypenas.types.Evaluation.metric`."""

    @property
    def input_shape(self) -> InputShape:
        """One sample as the network sees it."""

    @property
    def num_classes(self) -> int:
        """Number of classes."""

    @property
    def preparation(self) -> Preparation | None:
        """What `prepared` does to a sample, and the names of the classes; None where it is not a fixed scaling."""

    @property
    def train(self) -> P:
        """All samples that may be learnt from."""

    @property
    def test(self) -> P:
        """Samples that are looked at once, after all training."""

    def digest(self) -> str:
        """Equal for equal samples, targets, split, shape and whatever else of the task decides a result."""

    def check_network(self, network: Prototype) -> None:
        """Refuse a network that does not fit the task.

        Raises:
            ConfigurationError: naming what is wrong.
        """

    def check_recipe(self, recipe: Recipe) -> None:
        """Refuse a recipe that does not fit the task.

        Raises:
            ConfigurationError: naming what is wrong.
        """

    def divided(self, share: float) -> tuple[P, P | None]:
        """Part the training samples into those learnt from and a share held out; `None` for a share of 0."""

    def prepared(self, batch: P) -> Tensor:
        """Return a batch's inputs as the network takes them."""

    def varied_loss(
        self, network: nn.Module, batch: P, recipe: Recipe, generator: torch.Generator, done: float
    ) -> tuple[Tensor, Tensor | None]:
        """Vary a batch and give its loss, and how many samples were predicted rightly where that has a meaning.

        `done` is the share of the epochs that are over.
        """

    def summed_loss(self, network: nn.Module, batch: P) -> Tensor:
        """Return the loss of a batch as it is, summed over its samples."""

    def score(self, network: nn.Module, part: P) -> float:
        """Score a network in `[0, 1]`; it is left in the mode it was in."""

    def int8_score(self, graph: IntegerGraph, outputs: NDArray[np.int8], part: P) -> float:
        """Score raw int8 outputs `(N, output bytes)` of a graph, one row a sample of `part`, in `[0, 1]`."""

    def details(self, graph: IntegerGraph, outputs: NDArray[np.int8], part: P) -> Mapping[str, float]:
        """Return further scores of the outputs by name, for the report."""

    def tuned(self, graph: IntegerGraph, held_out: P) -> Mapping[str, float]:
        """Return by name the settings of the deployed model that suit held-out samples best, and their scores."""

    def keep_examples(
        self, network: nn.Module, graph: IntegerGraph, outputs: NDArray[np.int8], directory: Path
    ) -> None:
        """Write into the model's folder what a report draws of single test samples, if anything."""

    def head(self, graph: Graph) -> DetectionHead | None:
        """Return what a detector's outputs mean; `None` for classes."""

    def class_scores(self, graph: IntegerGraph, outputs: NDArray[np.int8], part: P) -> ClassScores | None:
        """Score the same outputs class by class; `None` where samples have no one class."""

    def calibration_inputs(self, count: int) -> list[Tensor]:
        """Draw at most `count` training samples by a fixed seed, prepared and in batches, without augmentation."""

    def probe(self, *, batch_size: int, seed: int) -> Probe:
        """Draw real data for the proxies from the training part."""
