"""Normalisation and rectifiers go into what is before them wherever that changes no other reader."""

import torch
from torch import nn
from torch.nn import functional as F

from prototypenas.graph.tensors import Activation
from tests.graph.lambdas import kinds, lowered


def norm(channels: int) -> nn.BatchNorm2d:
    torch.manual_seed(3)
    module = nn.BatchNorm2d(channels).eval()
    nn.init.uniform_(module.running_var, 0.5, 2.0)
    nn.init.normal_(module.running_mean)
    return module


def test_one_behind_a_concatenation_goes_into_every_part():
    weights, behind = [torch.randn(2, 4, 1, 1), torch.randn(3, 4, 1, 1)], norm(5)
    graph = lowered(lambda x: behind(torch.cat([F.conv2d(x, weight) for weight in weights], dim=1)))
    assert kinds(graph) == ["Conv2d", "Conv2d", "Concat"]


def test_one_behind_an_average_goes_through_it_and_behind_a_maximum_it_stays():
    behind = norm(4)
    assert kinds(lowered(lambda x: behind(F.avg_pool2d(x, 2)))) == ["AveragePool2d"]
    assert kinds(lowered(lambda x: behind(F.max_pool2d(x, 2)))) == ["MaxPool2d", "DepthwiseConv2d"]


def test_one_whose_input_others_read_too_is_a_layer_of_its_own():
    behind = norm(4)
    assert "DepthwiseConv2d" in kinds(lowered(lambda x: behind(x) + x))


def test_a_rectifier_whose_input_others_read_stays_and_a_second_one_is_nothing():
    graph = lowered(lambda x: x.relu() + x)
    assert "Requantize" in kinds(graph) and graph.operators[0].fused is Activation.NONE
    assert kinds(lowered(lambda x: x.relu().relu())) == []
    assert kinds(lowered(lambda x: F.max_pool2d(x.relu(), 2).relu())) == ["MaxPool2d"]


def test_normalisation_behind_a_rectifier_is_not_scaled_into_the_weights():
    behind = norm(4)
    assert kinds(lowered(lambda x: behind(x.relu()))) == ["DepthwiseConv2d"]


def test_what_no_output_needs_is_left_out():
    graph = lowered(lambda x: (x.sigmoid(), x.relu())[1])
    assert kinds(graph) == []
