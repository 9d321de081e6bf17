"""Share of samples a network classifies rightly."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from evaluators.datasets.samples import ClassificationData, Samples
from evaluators.task import EVALUATION_BATCH


def accuracy(network: nn.Module, data: ClassificationData, samples: Samples) -> float:
    """Share of rightly classified samples; the network is left in the mode it was in."""
    was_training = network.training
    network.eval()
    device = next(network.parameters()).device
    right = torch.zeros((), dtype=torch.int64, device=device)
    with torch.no_grad():
        for batch in samples.batches(EVALUATION_BATCH):
            logits = network(data.prepared(batch.inputs.to(device)))
            right += (logits.argmax(dim=1) == batch.targets.to(device)).sum()
    network.train(was_training)
    return int(right) / len(samples)


def voted_accuracy(logits: NDArray[np.float32], targets: NDArray[np.int64], series: NDArray[np.int64]) -> float:
    """Share of series for whose class most of their windows vote; the sum of logits decides between equal votes.

    `logits` are `(windows, classes)`; `targets` and `series` hold the class and the series of each window.
    """
    numbers, first, places = np.unique(series, return_index=True, return_inverse=True)
    votes, sums = (np.zeros((len(numbers), logits.shape[1])) for _ in range(2))
    np.add.at(votes, (places, logits.argmax(axis=1)), 1)
    np.add.at(sums, places, logits)
    leading = np.where(votes == votes.max(axis=1, keepdims=True), sums, -np.inf)
    return float((leading.argmax(axis=1) == targets[first]).mean())
