import math

import pytest
import torch
from torch import nn

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence, gaussian_probe
from proxies.zen_score import zen_score

PROBE = gaussian_probe((3, 8, 8), 2, batch_size=8)


def test_normalisation_gives_back_the_scale_it_takes() -> None:
    """Dividing by a channel-wise standard deviation and adding its logarithm cancel, up to the spread of channels."""
    layer = nn.Conv2d(3, 16, 3, bias=False)
    plain = zen_score(Evidence(nn.Sequential(layer), PROBE))
    normalised = zen_score(Evidence(nn.Sequential(layer, nn.BatchNorm2d(16)), PROBE))
    assert normalised == pytest.approx(plain, abs=0.1)


def test_the_networks_own_weights_do_not_matter() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3))
    before = zen_score(Evidence(model, PROBE))
    with torch.no_grad():
        model[0].weight.mul_(100.0)
    assert zen_score(Evidence(model, PROBE)) == before


def test_a_linear_map_changes_by_the_size_of_the_mix() -> None:
    """One 1x1 convolution of N(0, 1) weights over 3 channels: outputs change by 0.01 * |N(0, |w|^2)|."""
    model = nn.Sequential(nn.Conv2d(3, 400, 1, bias=False))
    mean_norm = math.sqrt(2) * math.gamma(2.0) / math.gamma(1.5)
    expected = math.log(0.01 * mean_norm * math.sqrt(2 / math.pi))
    assert zen_score(Evidence(model, PROBE)) == pytest.approx(expected, abs=0.1)


def test_no_map_is_an_error() -> None:
    with pytest.raises(ProxyError, match="more than one position"):
        zen_score(Evidence(nn.Sequential(nn.Flatten(), nn.Linear(192, 2)), PROBE))
