import pytest
import torch
from torch import nn

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence, gaussian_probe
from prototypenas.types import Probe
from proxies.snip import snip_score


def test_equals_the_gradient_of_a_mask_of_ones(network: nn.Module, probe: Probe) -> None:
    network.train()
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    weights = {
        f"{path}.weight": module.weight.detach() for path, module in network.named_modules()
        if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Linear)
    }  # fmt: skip
    masks = {name: torch.ones_like(weight, requires_grad=True) for name, weight in weights.items()}
    masked = {name: weight * masks[name] for name, weight in weights.items()}
    batch = probe.batches[0]
    probe.loss(torch.func.functional_call(network, masked, (batch.inputs,)), batch.targets).backward()
    expected = sum(float(mask.grad.abs().sum()) for mask in masks.values() if mask.grad is not None)
    assert snip_score(Evidence(network, probe)) == pytest.approx(expected, rel=1e-9)


def test_no_gradient_anywhere_is_an_error() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    with torch.no_grad():
        model[1].weight.zero_()
    blocked = nn.Sequential(model, nn.Threshold(1e6, 0.0))
    with pytest.raises(ProxyError, match="no gradient"):
        snip_score(Evidence(blocked, gaussian_probe((3, 2, 2), 2)))


def test_a_network_without_weights_is_an_error() -> None:
    with pytest.raises(ProxyError, match="no convolution or linear weight"):
        snip_score(Evidence(nn.Flatten(), gaussian_probe((3, 2, 2), 12)))
