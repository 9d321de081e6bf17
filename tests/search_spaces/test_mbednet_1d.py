"""MbedNet over series: one-dimensional throughout."""

import torch
from torch import nn

from search_spaces import REFERENCES
from search_spaces.mbednet_1d import build_mbednet_1d


def test_every_layer_is_one_dimensional():
    model = build_mbednet_1d(REFERENCES["mbednet1d"], (9, 125), 5)
    assert not any(isinstance(module, (nn.Conv2d, nn.BatchNorm2d)) for module in model.modules())
    assert model(torch.randn(2, 9, 125)).shape == (2, 5)
