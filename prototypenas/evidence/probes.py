"""Probes made without a data set, and the loss that reads every kind of prototype output."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from prototypenas.errors import ConfigurationError
from prototypenas.types import Batch, InputShape, Probe

Outputs = Tensor | Sequence[Tensor]


def pooled_cross_entropy(outputs: Outputs, targets: Tensor) -> Tensor:
    """Mean cross entropy of logits `(N, classes)`; feature maps `(N, channels, ...)` are averaged over positions first.

    A detection head gives a list of maps, one per level; each counts as logits of its own and the losses add up,
    so that every level sends gradients back. Targets `(N,)` are classes below the number of channels.
    """
    if isinstance(outputs, Tensor):
        logits = outputs.flatten(2).mean(dim=2) if outputs.ndim > 2 else outputs
        return functional.cross_entropy(logits, targets)
    return torch.stack([pooled_cross_entropy(output, targets) for output in outputs]).sum()


def gaussian_probe(
    input_shape: InputShape, num_classes: int, *, batch_size: int = 16, seed: int = 0, batches: int = 2
) -> Probe:
    """Draw standard normal inputs and uniform labels: the default where no data set is given.

    Ranks networks as real images do (Spearman about 0.97 for SNIP and NASWOT on 200 NATS-Bench cells, see
    docs/proxies.md). The same seed gives every candidate the same numbers.

    Raises:
        ConfigurationError: for fewer than 2 samples a batch (no batch statistics, no second code), or no class.
    """
    if batch_size < 2:
        raise ConfigurationError(f"the probe's batch size is {batch_size}; it must be at least 2")
    if num_classes < 1:
        raise ConfigurationError(f"the probe has {num_classes} classes; it needs at least 1")
    generator = torch.Generator().manual_seed(seed)
    drawn = tuple(
        Batch(
            torch.randn(batch_size, *input_shape, generator=generator),
            torch.randint(num_classes, (batch_size,), generator=generator),
        )
        for _ in range(batches)
    )
    return Probe(torch.randn(1, *input_shape, generator=generator), drawn, loss=pooled_cross_entropy)
