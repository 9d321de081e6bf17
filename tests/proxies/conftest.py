"""Tiny float64 networks that together hold every case the proxies must get exactly right."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from prototypenas.evidence import gaussian_probe
from prototypenas.types import Batch, Probe


class AwkwardNet(nn.Module):
    """Grouped, depthwise and one-channel convolutions, in-place ReLU6, BN, concat, a dead channel, idle branches."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU6(inplace=True))
        self.expand = nn.Sequential(nn.Conv2d(6, 12, 1), nn.BatchNorm2d(12), nn.ReLU(inplace=True))
        self.depthwise = nn.Sequential(nn.Conv2d(12, 12, 3, 2, 1, groups=12), nn.BatchNorm2d(12), nn.LeakyReLU(0.1))
        self.grouped = nn.Sequential(nn.Conv2d(12, 8, 3, padding=1, groups=4), nn.BatchNorm2d(8))
        self.single = nn.Sequential(nn.Conv2d(8, 1, 1), nn.Hardswish())
        self.dead = nn.Conv2d(9, 5, 3, padding=1)
        self.never_called = nn.Conv2d(8, 8, 1)
        self.called_in_vain = nn.Sequential(nn.Conv2d(8, 4, 1), nn.ReLU())
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(5, 4))
        with torch.no_grad():
            self.dead.weight[2] = 0.0

    def forward(self, inputs: Tensor) -> Tensor:
        features = self.grouped(self.depthwise(self.expand(self.stem(inputs))))
        self.called_in_vain(features)
        features = torch.cat([features, self.single(features)], dim=1)
        return self.head(self.dead(features))


def _plain_1d() -> nn.Module:
    return nn.Sequential(
        nn.Conv1d(2, 6, 5, padding=2), nn.BatchNorm1d(6), nn.ReLU(),
        nn.Conv1d(6, 8, 3, stride=2, groups=2), nn.BatchNorm1d(8), nn.SiLU(),
        nn.Flatten(), nn.LazyLinear(3),
    )  # fmt: skip


@pytest.fixture(params=["2d", "1d"])
def network(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(3)
    if request.param == "2d":
        return AwkwardNet().double()
    model = _plain_1d()
    model(torch.zeros(2, 2, 24))
    return model.double()


@pytest.fixture
def probe(network: nn.Module) -> Probe:
    shape, classes = ((3, 10, 10), 4) if isinstance(network, AwkwardNet) else ((2, 24), 3)
    return in_double(gaussian_probe(shape, classes, batch_size=6, seed=1))


def in_double(probe: Probe) -> Probe:
    batches = tuple(Batch(batch.inputs.double(), batch.targets) for batch in probe.batches)
    return replace(probe, sample=probe.sample.double(), batches=batches)


@pytest.fixture
def three_batches(network: nn.Module) -> Probe:
    shape, classes = ((3, 10, 10), 4) if isinstance(network, AwkwardNet) else ((2, 24), 3)
    return in_double(gaussian_probe(shape, classes, batch_size=6, seed=1, batches=3))
