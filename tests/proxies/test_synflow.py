import pytest
import torch
from torch import nn

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence, gaussian_probe
from proxies.synflow import synflow_score

PROBE = gaussian_probe((3, 4, 4), 2, batch_size=2)


def test_every_layer_of_a_linear_chain_carries_the_whole_flow() -> None:
    """For y = |W2| |W1| 1, each layer's sum of w * dR/dw is R itself."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(48, 5, bias=False), nn.ReLU(), nn.Linear(5, 2, bias=False))
    first, second = (model[i].weight.detach().double().abs() for i in (1, 3))
    flow = float((second @ first @ torch.ones(48, dtype=torch.float64)).sum())
    assert synflow_score(Evidence(model, PROBE)) == pytest.approx(2 * flow, rel=1e-9)


def test_normalisation_is_left_out() -> None:
    layer = nn.Conv2d(3, 4, 3)
    normalised = nn.Sequential(layer, nn.BatchNorm2d(4))
    with torch.no_grad():
        normalised[1].weight.fill_(7.0)
    assert synflow_score(Evidence(normalised, PROBE)) == synflow_score(Evidence(nn.Sequential(layer), PROBE))


def test_dead_weights_are_an_error() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3))
    with torch.no_grad():
        model[0].weight.zero_()
    with pytest.raises(ProxyError, match="no weight touches"):
        synflow_score(Evidence(model, PROBE))
