"""Normalisation in evaluation is a scale and a shift; without running statistics it is none."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prototypenas.errors import LoweringError
from prototypenas.graph.lowering import lower
from tests.graph.lambdas import Function, kinds, lowered


def statistics(channels: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(channels, generator=generator), torch.rand(channels, generator=generator) + 0.5


@pytest.mark.parametrize("affine", [True, False])
def test_both_orders_of_arguments_compute_the_same(affine):
    mean, variance = statistics()
    weight, bias = statistics() if affine else (None, None)
    graph = lowered(lambda x: F.batch_norm(x, mean, variance, weight, bias, False, 0.1, 1e-3))
    assert kinds(graph) == []
    assert kinds(lowered(lambda x: torch.batch_norm(x, weight, bias, mean, variance, False, 0.1, 1e-3, True))) == []


def test_a_normalisation_in_front_is_a_depthwise_layer():
    class First(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.conv = nn.BatchNorm2d(3), nn.Conv2d(3, 4, 1)

        def forward(self, x):
            return self.conv(self.norm(x).relu())

    assert [type(one).__name__ for one in lower(First().eval(), (3, 6, 6)).operators] == ["DepthwiseConv2d", "Conv2d"]


def test_without_statistics_it_is_refused():
    norm = nn.BatchNorm2d(4, track_running_stats=False)
    with pytest.raises(LoweringError, match="without running statistics"):
        lower(Function(norm, (4, 6, 6)), (4, 6, 6))
