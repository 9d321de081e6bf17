"""Zen-score: how strongly a network of Gaussian weights answers a small change of its input (Lin et al. 2021)."""

import copy
import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence

_MIX = 0.01
"""Size of the change relative to the input, as in the reference implementation."""
_SEED = 0


def zen_score(evidence: Evidence) -> float:
    """Zen-score: how strongly the features answer a small change of the input (Lin et al. 2021).

    It is the log of that change for random weights, to which the log scale that each batch normalisation divides out
    is added.

    Higher is better. Weights and both inputs are drawn anew from N(0, 1), one draw, in the shape of batch 0. The
    last feature map is the last output of a leaf module with more than one position. Shortcuts stay in place.

    Raises:
        ProxyError: if there is no such map, it does not change, or a normalisation has nothing to normalise.
    """
    model = copy.deepcopy(evidence.model).train()
    generator = torch.Generator().manual_seed(_SEED)
    _draw_weights(model, generator)
    device_inputs = evidence.probe.batches[0].inputs
    first, second = (torch.randn(device_inputs.shape, generator=generator).to(device_inputs) for _ in range(2))
    plain, scale = _last_map(model, first)
    mixed, _ = _last_map(model, first + _MIX * second)
    change = float((plain - mixed).abs().mean())
    if not change > 0.0:
        raise ProxyError(f"the last feature map changes by {change} with the input")
    return math.log(change) + scale


def _draw_weights(model: nn.Module, generator: torch.Generator) -> None:
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, _ConvNd | nn.Linear):
                module.weight.copy_(torch.randn(module.weight.shape, generator=generator))
                if module.bias is not None:
                    module.bias.zero_()


def _last_map(model: nn.Module, inputs: Tensor) -> tuple[Tensor, float]:
    """Return the last feature map, and the sum of log standard deviations that batch normalisations divided by."""
    maps: list[Tensor] = []
    scales: list[float] = []

    def keep(module: nn.Module, arguments: tuple[Any, ...], output: Any) -> None:
        if isinstance(output, Tensor) and output.ndim > 2 and output[0, 0].numel() > 1:
            maps[:] = [output.clone()]

    def scale(module: nn.Module, arguments: tuple[Any, ...]) -> None:
        variance = float(arguments[0].transpose(0, 1).flatten(1).var(dim=1).mean())
        if not variance > 0.0:
            raise ProxyError(f"a batch normalisation divides by a variance of {variance}")
        scales.append(0.5 * math.log(variance))

    leaves = [module for module in model.modules() if next(module.children(), None) is None]
    handles = [leaf.register_forward_hook(keep) for leaf in leaves]
    handles += [leaf.register_forward_pre_hook(scale) for leaf in leaves if isinstance(leaf, _BatchNorm)]
    with torch.no_grad():
        model(inputs)
    for handle in handles:
        handle.remove()
    if not maps:
        raise ProxyError("no feature map has more than one position")
    return maps[0], sum(scales)
