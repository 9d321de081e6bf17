"""The Lightning module: one network, one recipe, batches varied on the device."""

import math
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.optim import SGD

from evaluators.task import Part, Task
from evaluators.training.batches import seed_of
from evaluators.training.pruning import build_optimizer
from evaluators.training.recipe import Recipe
from prototypenas.compression.fake_quantization import FakeQuantizedNetwork
from prototypenas.errors import TrainingError
from prototypenas.safe_convolutions import SafeConvolutions

FROZEN_FROM = 0.6
"""Share of quantization-aware training after which the ranges stand still and only the weights adapt."""


class LearningTask(LightningModule):
    """Trains `network` from `first_epoch` on; all randomness of an epoch follows from the seed and its number."""

    def __init__(self, network: nn.Module, task: Task[Any], recipe: Recipe, *, seed: int, first_epoch: int = 0) -> None:
        super().__init__()
        task.check_recipe(recipe)
        self.network = network
        self.task = task
        self.recipe = recipe
        self.seed = seed
        self.first_epoch = first_epoch
        self.optimizer = build_optimizer(
            network,
            learning_rate=recipe.learning_rate,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
        )
        self.averaged: dict[str, Tensor] | None = None
        self.learning_rate = 0.0

    @property
    def epoch(self) -> int:
        """Number of the running epoch over the whole run, from 0."""
        return self.first_epoch + self.current_epoch

    def configure_optimizers(self) -> SGD:
        """Return Lightning the optimizer that pruning and checkpoints also know."""
        return self.optimizer

    def on_train_epoch_start(self) -> None:
        """Fix all random numbers of the epoch, dropout's included."""
        torch.manual_seed(seed_of(self.seed, self.epoch))
        self._generator = torch.Generator(self.device).manual_seed(seed_of(self.seed + 1, self.epoch))
        if isinstance(self.network, FakeQuantizedNetwork) and self.epoch >= FROZEN_FROM * self.recipe.epochs:
            self.network.freeze_ranges()
        self._totals = torch.zeros(3, device=self.device, dtype=torch.float64)
        self._counts_right = True

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Set the learning rate of this step."""
        steps = int(self.trainer.num_training_batches)
        self.learning_rate = self.recipe.learning_rate_at(self.epoch * steps + batch_idx, steps)
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate

    def transfer_batch_to_device(self, batch: Part, device: torch.device, dataloader_idx: int) -> Part:
        """Leave the batch where it lies: all samples were moved before the first epoch."""
        return batch

    def training_step(self, batch: Part, batch_idx: int) -> Tensor:
        """Return the task's loss of the batch, varied."""
        done = self.epoch / self.recipe.epochs
        with SafeConvolutions():
            loss, right = self.task.varied_loss(self.network, batch, self.recipe, self._generator, done)
        with torch.no_grad():
            self._counts_right = right is not None
            counted = self._totals.new_zeros(()) if right is None else right.double()
            self._totals += torch.stack((loss.double() * len(batch), counted, self._totals.new_tensor(len(batch))))
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Follow the moving average of the weights, where one is wanted."""
        if not self.recipe.average_decay:
            return
        decay = self.recipe.average_decay_at(self.epoch * int(self.trainer.num_training_batches) + batch_idx + 1)
        state = self.network.state_dict()
        if self.averaged is None:
            self.averaged = {name: value.clone() for name, value in state.items()}
        for name, value in state.items():
            if value.is_floating_point():
                self.averaged[name].lerp_(value, 1 - decay)
            else:
                self.averaged[name].copy_(value)

    def epoch_means(self) -> tuple[float, float | None]:
        """Mean loss over the (varied) batches of the epoch, and the share predicted rightly where the task has one.

        Raises:
            TrainingError: if the loss is not finite.
        """
        loss, right, count = self._totals.tolist()
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss became {loss / count} in epoch {self.epoch + 1}; "
                f"lower the learning rate ({self.recipe.learning_rate}) or lengthen the warm-up"
            )
        return loss / count, right / count if self._counts_right else None
