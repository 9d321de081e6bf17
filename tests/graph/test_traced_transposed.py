"""Transposed convolutions as ordinary ones: the same function at every stride, margin and output padding."""

from itertools import product

import pytest
import torch
from torch import nn

from prototypenas.compression.float_execution import float_outputs
from prototypenas.errors import LoweringError
from prototypenas.graph.lowering import lower


def same(network, shape):
    inputs = torch.randn(2, *shape)
    (found,) = float_outputs(lower(network.eval(), shape), inputs)
    with torch.no_grad():
        expected = network(inputs)
    assert torch.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 5])
def test_every_stride_and_margin(kernel, stride):
    torch.manual_seed(0)
    for margin, further, height in product((0, 2), (0, stride - 1), (1, 4)):
        if (height - 1) * stride - 2 * margin + kernel + further > 0:
            options = {"stride": (stride, 2), "padding": (margin, 1), "output_padding": (further, 1)}
            same(nn.ConvTranspose2d(2, 3, (kernel, 3), **options), (2, height, 3))


def test_normalisation_behind_it_costs_nothing():
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(3)
    nn.init.uniform_(norm.weight)
    nn.init.uniform_(norm.running_mean)
    network = nn.Sequential(nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1), norm, nn.ReLU())
    kinds = [type(operator).__name__ for operator in lower(network, (2, 5, 4)).operators]
    assert kinds == ["Conv2d", "DepthToSpace"]
    same(network, (2, 5, 4))


def test_no_product_with_an_inserted_zero_is_counted():
    graph = lower(nn.ConvTranspose2d(6, 4, 2, stride=2), (6, 8, 8))
    assert sum(operator.macs(graph.tensors) for operator in graph.operators) == 8 * 8 * 6 * 4 * 2 * 2


def test_slopes_of_channels_and_pixel_shuffles():
    torch.manual_seed(0)
    slopes = nn.PReLU(8)
    nn.init.uniform_(slopes.weight, -1, 1)
    same(nn.Sequential(nn.Conv2d(3, 8, 1), slopes, nn.PixelShuffle(2)), (3, 5, 4))
    with torch.device("meta"):
        assert lower(nn.Sequential(nn.Conv2d(3, 8, 1), nn.PReLU(8), nn.ConvTranspose2d(8, 2, 3, 2)), (3, 5, 4))


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.ConvTranspose2d(4, 4, 3, groups=2), "groups or dilation"),
        (nn.ConvTranspose2d(4, 4, 3, dilation=2), "groups or dilation"),
        (nn.ConvTranspose2d(3, 4, 3), "has 4 channels, the weights want 3"),
        (nn.Sequential(nn.ZeroPad2d(1), nn.ConvTranspose2d(4, 4, 3)), "not into a transposed one"),
        (nn.PixelShuffle(3), "blocks of 3x3"),
    ],
)
def test_what_cannot_be_spread_is_refused(module, message):
    with pytest.raises(LoweringError, match=message):
        lower(module, (4, 5, 5))
