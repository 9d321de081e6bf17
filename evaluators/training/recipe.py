"""How long, how fast and how regularised a network is trained."""

import math
from dataclasses import dataclass, replace

from evaluators.augmentation import Augmentation
from prototypenas.errors import ConfigurationError
from prototypenas.training.nominal_time import nominal_seconds


@dataclass(frozen=True)
class Recipe:
    """SGD with Nesterov momentum, linear warm-up and cosine decay to zero.

    The same for every model of a run, so that they compare. `evaluators.training.suitable_recipe` derives one from a
    data set.
    """

    epochs: int
    """Pruning, validation and checkpoints happen between epochs."""
    steps_per_epoch: int | None = None
    """Optimizer steps of an epoch; `None` is one pass over the training data."""
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
    average_ramp: float = 0.0
    """Steps over which the decay rises to that: after n steps it is `average_decay (1 - exp(-n / average_ramp))`."""
    gradient_norm: float = 5.0
    """Gradients are clipped to this norm; a healthy run stays below it after warm-up."""
    validation_share: float = 0.1
    """Held out of training to choose the best checkpoint; 0 keeps the last."""
    early_stopping: int = 0
    """Ends training after so many epochs at the final widths without a better validation accuracy; 0 never does."""
    balanced_classes: bool = False
    """Weigh the loss of each sample by the inverse frequency of its class in training."""
    most_seconds: float = math.inf
    """Nominal seconds of one core (`prototypenas.training.nominal_time`) that one model may take: where a network would
    take longer, `within_time` gives it fewer steps."""
    augmentation: Augmentation = Augmentation()  # noqa: RUF009  (frozen)

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 2 or (self.steps_per_epoch or 1) < 1:
            raise ConfigurationError(
                f"{self.epochs} epochs of {self.steps_per_epoch or 'all'} batches of {self.batch_size}: at least 1 "
                "epoch, 1 batch and 2 samples are needed"
            )
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise ConfigurationError(f"learning rate is {self.learning_rate}; it must be positive")
        if self.early_stopping < 0:
            raise ConfigurationError(f"early stopping after {self.early_stopping} epochs; at least 0 is needed")
        if self.average_ramp < 0:
            raise ConfigurationError(f"the average's decay rises over {self.average_ramp} steps; at least 0 are needed")
        if not self.most_seconds > 0:
            raise ConfigurationError(f"{self.most_seconds / 60:g} minutes of training a model; more than 0 are needed")
        for name in ("momentum", "warmup_share", "label_smoothing", "average_decay", "validation_share"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigurationError(f"{name} is {getattr(self, name)}; it must be at least 0 and below 1")

    def steps(self, training_samples: int) -> int:
        """Return the optimizer steps of a whole training on so many samples, those held out among them."""
        return self.epochs * self._steps_per_epoch(training_samples)

    def within_time(self, flops: int, training_samples: int) -> "Recipe":
        """Return the recipe for a network of so many FLOPs: the same, or with epochs as short as `most_seconds` asks.

        The number of epochs stays, so that pruning and the decay of the learning rate keep their shape; below one step
        an epoch there are fewer epochs.
        """
        steps = self._steps_per_epoch(training_samples)
        affordable = self.most_seconds / nominal_seconds(flops, self.batch_size)
        if affordable >= self.epochs * steps:
            return self
        epochs = min(self.epochs, max(1, int(affordable)))
        return replace(self, epochs=epochs, steps_per_epoch=max(1, int(affordable / epochs)))

    def _steps_per_epoch(self, training_samples: int) -> int:
        learnt_from = round(training_samples * (1 - self.validation_share))
        return self.steps_per_epoch or max(1, learnt_from // self.batch_size)

    def learning_rate_at(self, step: int, steps_per_epoch: int) -> float:
        """Learning rate of the step with this number, counted from 0 over the whole run."""
        total = self.epochs * steps_per_epoch
        warmup = min(self.warmup_epochs, self.warmup_share * self.epochs) * steps_per_epoch
        if step < warmup:
            return self.learning_rate * (step + 1) / (warmup + 1)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1.0, total - warmup)))

    def average_decay_at(self, step: int) -> float:
        """Decay of the weights' average after so many steps, counted from 1 over the whole run."""
        rise = 1 - math.exp(-step / self.average_ramp) if self.average_ramp else 1.0
        return self.average_decay * rise
