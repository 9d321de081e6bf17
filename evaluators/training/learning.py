"""The Lightning module: one network, one recipe, batches varied on the device."""

import math
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import SGD

from evaluators.augmentation import mixed
from evaluators.datasets.samples import ClassificationData
from evaluators.training.batches import seed_of
from evaluators.training.pruning import build_optimizer
from evaluators.training.recipe import Recipe
from prototypenas.compression.fake_quantization import FakeQuantizedNetwork
from prototypenas.errors import ConfigurationError, TrainingError
from prototypenas.workers.threads import computing_threads

FROZEN_FROM = 0.6
"""Share of quantization-aware training after which the ranges stand still and only the weights adapt."""


class LearningTask(LightningModule):
    """Trains `network` from `first_epoch` on; all randomness of an epoch follows from the seed and its number."""

    def __init__(
        self, network: nn.Module, data: ClassificationData, recipe: Recipe, *, seed: int, first_epoch: int = 0
    ) -> None:
        super().__init__()
        if recipe.random_augmentation is not None and not data.is_image:
            raise ConfigurationError(f"random augmentation is for images, but {data.name} are series")
        self.network = network
        self.data = data
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
        self._augmentation = recipe.augmentation or data.augmentation

    @property
    def epoch(self) -> int:
        """Number of the running epoch over the whole run, from 0."""
        return self.first_epoch + self.current_epoch

    def configure_optimizers(self) -> SGD:
        """Give Lightning the optimizer that pruning and checkpoints also know."""
        return self.optimizer

    def on_train_epoch_start(self) -> None:
        """Fix all random numbers of the epoch, dropout's included."""
        torch.manual_seed(seed_of(self.seed, self.epoch))
        self._generator = torch.Generator(self.device).manual_seed(seed_of(self.seed + 1, self.epoch))
        if isinstance(self.network, FakeQuantizedNetwork) and self.epoch >= FROZEN_FROM * self.recipe.epochs:
            self.network.freeze_ranges()
        self._totals = torch.zeros(3, device=self.device, dtype=torch.float64)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Set the learning rate of this step."""
        steps = int(self.trainer.num_training_batches)
        self.learning_rate = self.recipe.learning_rate_at(self.epoch * steps + batch_idx, steps)
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Vary, prepare, mix; cross-entropy against the (mixed) classes."""
        inputs, targets = batch
        # Small tensors are not worth a second thread: augmenting CIFAR was ten times slower where cores were busy.
        with computing_threads(1):
            prepared = self.data.prepared(self._varied(inputs))
        if prepared.dim() == 4:
            # As much as half faster, on CPU and GPU.
            prepared = prepared.contiguous(memory_format=torch.channels_last)
        prepared, wanted = self._mixed(prepared, targets)
        logits = self.network(prepared)
        loss = functional.cross_entropy(logits, wanted, label_smoothing=self.recipe.label_smoothing)
        with torch.no_grad():
            right = (logits.argmax(dim=1) == targets).sum()
            self._totals += torch.stack(
                (loss.double() * len(targets), right.double(), right.new_tensor(len(targets)).double())
            )
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Follow the moving average of the weights, where one is wanted."""
        if not self.recipe.average_decay:
            return
        state = self.network.state_dict()
        if self.averaged is None:
            self.averaged = {name: value.clone() for name, value in state.items()}
        for name, value in state.items():
            if value.is_floating_point():
                self.averaged[name].lerp_(value, 1 - self.recipe.average_decay)
            else:
                self.averaged[name].copy_(value)

    def epoch_means(self) -> tuple[float, float]:
        """Mean loss and accuracy over the (varied) batches of the epoch.

        Raises:
            TrainingError: if the loss is not finite.
        """
        loss, right, count = self._totals.tolist()
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss became {loss / count} in epoch {self.epoch + 1}; "
                f"lower the learning rate ({self.recipe.learning_rate}) or lengthen the warm-up"
            )
        return loss / count, right / count

    def _varied(self, inputs: Tensor) -> Tensor:
        if self.recipe.random_augmentation is not None:
            inputs = self.recipe.random_augmentation(inputs, self._generator)
        return self._augmentation(inputs, self._generator)

    def _mixed(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        alphas = [("mixup", self.recipe.mixup_alpha), ("cutmix", self.recipe.cutmix_alpha)]
        active = [(name, alpha) for name, alpha in alphas if alpha > 0]
        if not active:
            return inputs, targets
        place = int(torch.randint(len(active), ()))
        name, alpha = active[place]
        concentration = torch.tensor(alpha)
        share = float(torch.distributions.Beta(concentration, concentration).sample())
        classes = functional.one_hot(targets, self.data.num_classes).float()
        return mixed(inputs, classes, share=share, cut=name == "cutmix", generator=self._generator)
