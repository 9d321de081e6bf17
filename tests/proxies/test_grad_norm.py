import pytest
from torch import nn

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence, gaussian_probe
from prototypenas.types import Probe
from proxies.grad_norm import grad_norm_score


def test_is_the_sum_of_the_layers_norms(network: nn.Module, probe: Probe) -> None:
    evidence = Evidence(network, probe)
    expected = sum(gradient.square().sum().sqrt().item() for gradient in evidence.gradients(0).values())
    assert grad_norm_score(evidence) == pytest.approx(expected, rel=1e-9)


def test_zero_gradients_are_an_error() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(48, 2), nn.Threshold(1e6, 0.0))
    with pytest.raises(ProxyError, match="no gradient"):
        grad_norm_score(Evidence(model, gaussian_probe((3, 4, 4), 2)))
