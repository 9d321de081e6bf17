"""Share of samples a network classifies rightly."""

import torch
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
