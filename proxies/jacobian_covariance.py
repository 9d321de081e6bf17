"""Jacobian covariance: how differently a network reacts to different inputs (Mellor et al. 2020, first version)."""

import copy

import torch
from torch import Tensor

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence

_OFFSET = 1e-5
"""Added to each eigenvalue, as in the reference implementation."""


def jacobian_covariance_score(evidence: Evidence) -> float:
    """Jacobian covariance: how differently the network reacts to different inputs (Mellor et al. 2020).

    It is `-sum(log(v + k) + 1 / (v + k))` over the eigenvalues v of the correlations of input gradients of batch 0.
    Higher is better; its largest value stands for uncorrelated gradients.

    Raises:
        ProxyError: if the gradient of one input is constant or not finite.
    """
    correlations = torch.corrcoef(_input_gradients(evidence).double())
    if not bool(correlations.isfinite().all()):
        raise ProxyError("an input has a constant gradient, or one that is not finite")
    shifted = torch.linalg.eigvalsh(correlations) + _OFFSET
    return -float((shifted.log() + 1.0 / shifted).sum())


def _input_gradients(evidence: Evidence) -> Tensor:
    """Return the gradients of the summed outputs, one row `(C * H * W,)` an input."""
    model = copy.deepcopy(evidence.model).train()
    inputs = evidence.probe.batches[0].inputs.clone().requires_grad_()
    # An in-place first layer may overwrite a copy, never the leaf itself.
    outputs = model(inputs.clone())
    total = outputs.sum() if isinstance(outputs, Tensor) else torch.stack([o.sum() for o in outputs]).sum()
    (gradient,) = torch.autograd.grad(total, inputs)
    return gradient.flatten(1)
