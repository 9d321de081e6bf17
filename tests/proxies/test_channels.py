import math

import pytest
import torch
from torch import nn

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence, gaussian_probe
from prototypenas.types import Configuration, GroupConfiguration
from proxies.channels import channels_score
from proxies.fewest_channels import fewest_channels_score
from search_spaces import IMAGE_POOL

PROBE = gaussian_probe((3, 32, 32), 10)


def of_width(width):
    groups = tuple(GroupConfiguration(depth=1, kernel=3, stride=2) for _ in range(4))
    return Evidence(IMAGE_POOL["mbednet"](Configuration("mbednet", width, groups), (3, 32, 32), 10), PROBE)


def test_both_read_the_output_channels_of_convolutions_alone():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 16, 1), nn.Flatten(), nn.Linear(16, 2))
    assert channels_score(Evidence(model, PROBE)) == pytest.approx(math.log(8))
    assert fewest_channels_score(Evidence(model, PROBE)) == 4


def test_both_grow_with_width():
    narrow, wide = of_width(0.25), of_width(0.5)
    assert channels_score(wide) > channels_score(narrow)
    assert fewest_channels_score(wide) > fewest_channels_score(narrow)


@pytest.mark.parametrize("proxy", [channels_score, fewest_channels_score])
def test_a_network_without_convolution_is_refused(proxy):
    with pytest.raises(ProxyError, match="no convolution"):
        proxy(Evidence(nn.Sequential(nn.Flatten(), nn.Linear(12, 2)), gaussian_probe((3, 2, 2), 2)))


def test_neither_runs_the_network(monkeypatch):
    evidence = of_width(0.5)
    monkeypatch.setattr(nn.Module, "__call__", lambda *_: pytest.fail("the network was run"))
    assert math.isfinite(channels_score(evidence) + fewest_channels_score(evidence))
    assert torch.is_tensor(next(iter(evidence.weights.values())))
