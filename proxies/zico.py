"""ZiCo: how steady the gradients of each layer are from batch to batch (Li et al. 2023)."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence

_CHUNK = 1 << 16
"""Weights worked on at a time, so that the float64 intermediates stay in cache."""


def zico_score(evidence: Evidence) -> float:
    """ZiCo: how large and how steady the gradients of each layer are from batch to batch (Li et al. 2023).

    Higher is better. It is the sum over layers of `log sum_w mean_i |g_iw| / std_i(g_iw)` over the probe's batches i.

    The standard deviation is the population's, of signed gradients, as in the authors' code (their paper takes
    that of magnitudes). Weights whose gradients are all equal are left out, and layers with nothing left.

    Raises:
        ProxyError: if no layer is left.
    """
    batches = [evidence.gradients(index) for index in range(len(evidence.probe.batches))]
    sums = [layer_ratio([batch[name] for batch in batches]) for name in batches[0]]
    if not any(sums):
        raise ProxyError("no gradient differs between the batches")
    return sum(math.log(total) for total in sums if total != 0.0)


def layer_ratio(gradients: Sequence[Tensor]) -> float:
    """Sum one layer's ratios of mean magnitude to standard deviation, in float64."""
    chunks = zip(*(gradient.reshape(-1).split(_CHUNK) for gradient in gradients), strict=True)  # type: ignore[no-untyped-call]
    return sum(_chunk_ratio([part.double() for part in parts]) for parts in chunks)


def _chunk_ratio(parts: Sequence[Tensor]) -> float:
    if len(parts) == 2:
        first, second = parts
        magnitude = first.abs().add_(second.abs())
        deviation = first.sub(second).abs_()
    else:
        stacked = torch.stack(tuple(parts))
        magnitude = stacked.abs().mean(dim=0)
        # A tiny rounding error of the mean must not turn equal gradients into a huge ratio.
        equal = (stacked == stacked[0]).all(dim=0)
        deviation = stacked.std(dim=0, correction=0).masked_fill_(equal, 0.0)
    return (magnitude / deviation).masked_fill_(deviation == 0.0, 0.0).sum().item()
