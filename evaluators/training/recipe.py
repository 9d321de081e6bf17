"""How long, how fast and how regularised a network is trained."""

import math
from dataclasses import dataclass, field, replace

from evaluators.augmentation import Augmentation
from evaluators.random_augmentation import RandomAugmentation
from prototypenas.errors import ConfigurationError

STEPS_WANTED = 40
"""Fewest optimizer steps an epoch that `recipe_for` aims at; fewer leave batch statistics and pruning no time."""


@dataclass(frozen=True)
class Recipe:
    """SGD with Nesterov momentum, linear warm-up and cosine decay to zero.

    The paper's learning rate, batch size and momentum are lost; these are common values for networks of this size
    trained from scratch, the same for every model so that they compare.
    """

    epochs: int = 100
    """The paper's number; pruning happens within them."""
    batch_size: int = 128
    learning_rate: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 5e-4
    """Not applied to biases and normalisation."""
    warmup_epochs: float = 5.0
    warmup_share: float = 0.2
    """Warm-up never takes more than this share of a short run."""
    label_smoothing: float = 0.0
    mixup_alpha: float = 0.0
    """Beta distribution of mixup's weights; 0 is off."""
    cutmix_alpha: float = 0.0
    """Likewise for cutmix; with both on, each batch draws one."""
    average_decay: float = 0.0
    """Exponential moving average of the weights, which is what is then tested; 0 is off."""
    gradient_norm: float = 5.0
    """Gradients are clipped to this norm; a healthy run stays below it after warm-up."""
    validation_share: float = 0.1
    """Held out of training to choose the best checkpoint; 0 keeps the last."""
    augmentation: Augmentation | None = None
    """`None` takes the data set's own."""
    random_augmentation: RandomAugmentation | None = field(default=None, repr=False)
    """Before that, for images; `None` is off. Not in `repr`: see `identity`."""

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 2:
            raise ConfigurationError(
                f"{self.epochs} epochs of batches of {self.batch_size}: at least 1 epoch and 2 samples are needed"
            )
        if self.learning_rate <= 0:
            raise ConfigurationError(f"learning rate is {self.learning_rate}; it must be positive")
        for name in ("momentum", "warmup_share", "label_smoothing", "average_decay", "validation_share"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigurationError(f"{name} is {getattr(self, name)}; it must be at least 0 and below 1")

    def identity(self) -> tuple[object, ...]:
        """Give what tells recipes apart by its `repr`: that of before there was `random_augmentation`, where it is off.

        So a training that was begun then can be continued.
        """
        return (self,) if self.random_augmentation is None else (self, self.random_augmentation)

    def learning_rate_at(self, step: int, steps_per_epoch: int) -> float:
        """Learning rate of the step with this number, counted from 0 over the whole run."""
        total = self.epochs * steps_per_epoch
        warmup = min(self.warmup_epochs, self.warmup_share * self.epochs) * steps_per_epoch
        if step < warmup:
            return self.learning_rate * (step + 1) / (warmup + 1)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1.0, total - warmup)))


def recipe_for(samples: int, epochs: int) -> Recipe:
    """Give the default recipe, its batch halved (not below 32) until an epoch has enough steps.

    The learning rate stays: on digits, lowering it with the batch cost 0.8 points of accuracy in 10 epochs.
    """
    recipe = Recipe(epochs=epochs)
    while recipe.batch_size > 32 and samples // recipe.batch_size < STEPS_WANTED:
        recipe = replace(recipe, batch_size=recipe.batch_size // 2)
    return recipe
