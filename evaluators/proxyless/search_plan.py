"""How long and how fast weights and architecture parameters are trained."""

import math
from dataclasses import dataclass, replace

from evaluators.augmentation import Augmentation
from evaluators.training.recipe import Recipe
from prototypenas.errors import ConfigurationError

TRAVEL = 10.0
"""How far a logit may go in a search: Adam's steps are about as long as its learning rate. The published rate of 0.001
is for about 100,000 architecture steps; in the thousand of a small search no probability would leave its beginning."""
LEAST_ALPHA_RATE = 1e-3
MOST_ALPHA_RATE = 0.1

LARGEST_BATCH = 128
SMALLEST_BATCH = 8
STEPS_OF_EPOCH = 50
"""Fewest weight steps of an epoch; small data take smaller batches, and several passes, to have them."""


def plan_for(
    training_samples: int,
    *,
    warmup_epochs: int,
    joint_epochs: int,
    held_out_share: float,
    augmentation: Augmentation,
) -> "SearchPlan":
    """Return the plan that suits data of this size: the default one, with smaller batches where there are few samples.

    Raises:
        ConfigurationError: for values that are not allowed.
    """
    plan = SearchPlan(
        warmup_epochs=warmup_epochs,
        joint_epochs=joint_epochs,
        held_out_share=held_out_share,
        augmentation=augmentation,
    )
    learnt, batch = round(training_samples * (1 - held_out_share)), LARGEST_BATCH
    while batch > SMALLEST_BATCH and learnt // batch < STEPS_OF_EPOCH:
        batch //= 2
    return replace(
        plan, batch_size=batch, steps_per_epoch=None if learnt // batch >= STEPS_OF_EPOCH else STEPS_OF_EPOCH
    )


@dataclass(frozen=True)
class SearchPlan:
    """Warm-up of the weights alone, then weights and architecture parameters by turns (publication, section 3.2)."""

    warmup_epochs: int = 10
    joint_epochs: int = 15
    """The first of them leaves the architecture parameters as they are, as the published program does."""
    steps_per_epoch: int | None = None
    """Weight steps of an epoch; `None` is one pass over the part that is learnt from."""
    architecture_every: int = 5
    """Weight steps between two architecture steps."""
    batch_size: int = LARGEST_BATCH
    held_out_share: float = 0.2
    """Of the training part, for the architecture steps; the weights never see it."""
    warmup_rate: float = 0.05
    joint_rate: float = 0.025
    momentum: float = 0.9
    weight_decay: float = 4e-5
    label_smoothing: float = 0.1
    alpha_rate: float | None = None
    """Learning rate of the architecture parameters; `None` derives it from the number of their steps."""
    augmentation: Augmentation = Augmentation()  # noqa: RUF009  (frozen)

    def __post_init__(self) -> None:
        if self.warmup_epochs < 0 or self.joint_epochs < 2 or self.architecture_every < 1:
            raise ConfigurationError(
                f"{self.warmup_epochs} epochs of warm-up, {self.joint_epochs} joint ones, an architecture step every "
                f"{self.architecture_every}: at least 0, 2 and 1 are needed"
            )
        if not 0 < self.held_out_share < 1:
            raise ConfigurationError(
                f"a share of {self.held_out_share:g} is held out; architecture steps need one above 0 and below 1"
            )
        if self.alpha_rate is not None and not (math.isfinite(self.alpha_rate) and self.alpha_rate > 0):
            raise ConfigurationError(f"alpha_rate is {self.alpha_rate}; it must be positive")

    @property
    def epochs(self) -> int:
        """Number of all epochs."""
        return self.warmup_epochs + self.joint_epochs

    def architecture_steps(self, epoch: int, steps: int) -> int:
        """Return the architecture steps of an epoch of so many weight steps."""
        return 0 if epoch <= self.warmup_epochs else steps // self.architecture_every

    def alpha_learning_rate(self, steps: int) -> float:
        """Return the learning rate of the architecture parameters, given the weight steps of an epoch."""
        if self.alpha_rate is not None:
            return self.alpha_rate
        total = sum(self.architecture_steps(epoch, steps) for epoch in range(self.epochs))
        return min(MOST_ALPHA_RATE, max(LEAST_ALPHA_RATE, TRAVEL / max(1, total)))

    def learning_rate(self, epoch: int, step: int, steps: int) -> float:
        """Return the weights' learning rate: a cosine to 0 over the warm-up, and another over the joint epochs."""
        joint = epoch >= self.warmup_epochs
        peak, total = (self.joint_rate, self.joint_epochs) if joint else (self.warmup_rate, self.warmup_epochs)
        done = (epoch - (self.warmup_epochs if joint else 0) + step / steps) / total
        return peak * 0.5 * (1 + math.cos(math.pi * done))

    @property
    def recipe(self) -> Recipe:
        """What the loss of a weight step reads."""
        return Recipe(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.warmup_rate,
            label_smoothing=self.label_smoothing,
            augmentation=self.augmentation,
        )
