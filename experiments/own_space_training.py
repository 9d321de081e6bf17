"""The short training that every network of our own table gets: a plain loop, one thread, nothing but what it needs."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from evaluators.augmentation import Augmentation
from evaluators.datasets.samples import ClassificationData, Samples
from evaluators.training.accuracy import accuracy

MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
WARMUP_SHARE = 0.1
GRADIENT_NORM = 5.0
SPLIT_SEED = 20


@dataclass(frozen=True)
class Schedule:
    """How one data set's networks are trained; fixed before the first of them was."""

    images: int
    """Training samples, drawn once by a fixed seed."""
    held_out: int
    """Other samples of the training part, on which accuracy is measured; the test part is never touched."""
    epochs: int
    batch_size: int
    augmentation: Augmentation
    learning_rate: float = 0.1
    watched: int = 1000
    """Held-out samples that accuracy is measured on after all epochs but the last, to save time."""


SHORT = {
    "cifar10": Schedule(5000, 4000, 4, 64, Augmentation(shift=2, flip=True)),
    "digits": Schedule(900, 537, 6, 32, Augmentation(shift=2, rotation_degrees=10.0, scale=0.1), watched=537),
    "sisfall": Schedule(2000, 1500, 4, 32, Augmentation(shift=128, scale=0.3, noise=0.1)),
}

LONG = {"cifar10": replace(SHORT["cifar10"], epochs=16)}
"""Four times as long: does the short training rank as a longer one?"""


@dataclass(frozen=True)
class Epoch:
    """What one epoch gave."""

    epoch: int
    """From 1."""
    loss: float
    """Mean cross entropy of its batches, as they were trained on."""
    training_accuracy: float
    accuracy: float
    """Held-out, a share of 1."""
    cpu_seconds: float
    """Of training and measuring, this epoch alone."""


def parts(data: ClassificationData, schedule: Schedule) -> tuple[Samples, Samples]:
    """Draw the samples to train on and those held out; of series, whole groups (subjects) are held out."""
    generator = np.random.default_rng(SPLIT_SEED)
    order = generator.permutation(len(data.train))
    if data.train_groups is None:
        kept, held = order[: schedule.images], order[schedule.images :]
    else:
        groups = data.train_groups.numpy()[order]
        out = groups == groups.max()
        kept, held = order[~out], order[out]
    return data.train.at(kept[: schedule.images].copy()), data.train.at(held[: schedule.held_out].copy())


def train(
    network: nn.Module, data: ClassificationData, schedule: Schedule, samples: tuple[Samples, Samples], seed: int
) -> Iterator[Epoch]:
    """Train in place and tell of each epoch: SGD with Nesterov momentum, linear warm-up and decay to zero."""
    training, held_out = samples
    optimizer = _optimizer(network, schedule)
    steps = len(training) // schedule.batch_size
    generator = torch.Generator().manual_seed(seed)
    layout = torch.contiguous_format if _has_strided_pointwise(network) else torch.channels_last
    network.train()
    for epoch in range(schedule.epochs):
        began = time.process_time()
        order = torch.randperm(len(training), generator=generator)
        total, right = 0.0, 0
        for step in range(steps):
            batch = training.at(order[step * schedule.batch_size : (step + 1) * schedule.batch_size])
            inputs = data.prepared(schedule.augmentation(batch.inputs, generator))
            if inputs.dim() == 4:
                inputs = inputs.contiguous(memory_format=layout)
            for group in optimizer.param_groups:
                group["lr"] = _rate(schedule, epoch * steps + step, schedule.epochs * steps)
            loss, hits = _step(network, optimizer, inputs, batch.targets)
            total, right = total + loss, right + hits
        seen = held_out if epoch == schedule.epochs - 1 else held_out.at(torch.arange(schedule.watched))
        yield Epoch(
            epoch=epoch + 1,
            loss=total / steps,
            training_accuracy=right / (steps * schedule.batch_size),
            accuracy=accuracy(network, data, seen),
            cpu_seconds=time.process_time() - began,
        )


def _step(network: nn.Module, optimizer: torch.optim.SGD, inputs: Tensor, targets: Tensor) -> tuple[float, int]:
    optimizer.zero_grad()
    logits = network(inputs)
    loss = functional.cross_entropy(logits, targets)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_NORM)
    optimizer.step()
    return float(loss.detach()), int((logits.argmax(dim=1) == targets).sum())


def _optimizer(network: nn.Module, schedule: Schedule) -> torch.optim.SGD:
    """Return fused SGD; biases and normalisation do not decay."""
    decayed = [parameter for parameter in network.parameters() if parameter.dim() > 1]
    free = [parameter for parameter in network.parameters() if parameter.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": free, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=schedule.learning_rate, momentum=MOMENTUM, nesterov=True, fused=True)


def _rate(schedule: Schedule, step: int, steps: int) -> float:
    warmup = WARMUP_SHARE * steps
    if step < warmup:
        return schedule.learning_rate * (step + 1) / (warmup + 1)
    return schedule.learning_rate * (steps - step) / (steps - warmup)


def _has_strided_pointwise(network: nn.Module) -> bool:
    """Whether a 1x1 convolution skips positions (a ResNet's shortcut).

    Its weight gradient overruns its buffer in oneDNN (PyTorch 2.15, AVX2) where it reads fewer than 8 channels that lie
    channels-last; channels-first is safe.
    """
    return any(
        isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1) and layer.stride != (1, 1)
        for layer in network.modules()
    )
