"""SynFlow: how much signal the weights' magnitudes let through, without data (Tanaka et al. 2020)."""

import copy

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence


def synflow_score(evidence: Evidence) -> float:
    """SynFlow: how much signal the sizes of the weights let through, without any data (Tanaka et al. 2020).

    It is the sum of `|w * dR/dw|` over all weights w; higher is better. R is the summed output for an input of ones,
    with all parameters replaced by their magnitudes and batch normalisation left out (Abdelfattah et al. 2021), in
    float64: the score spans many orders of magnitude.

    Raises:
        ProxyError: if no weight touches the output.
    """
    model = copy.deepcopy(evidence.model).double().eval()
    _remove_normalisation(model)
    for parameter in model.parameters():
        parameter.data.abs_()
        parameter.requires_grad_(True)
    weights = [module.weight for module in model.modules() if isinstance(module, _ConvNd | nn.Linear)]
    outputs = model(torch.ones_like(evidence.probe.sample, dtype=torch.float64))
    total = outputs.sum() if isinstance(outputs, Tensor) else torch.stack([o.sum() for o in outputs]).sum()
    gradients = torch.autograd.grad(total, weights, allow_unused=True)
    reached = [(w, g) for w, g in zip(weights, gradients, strict=True) if g is not None]
    score = sum(float((weight.detach() * gradient).abs().sum()) for weight, gradient in reached)
    if score == 0.0:
        raise ProxyError("no weight touches the output")
    return score


def _remove_normalisation(model: nn.Module) -> None:
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if isinstance(child, _BatchNorm):
                setattr(parent, name, nn.Identity())
