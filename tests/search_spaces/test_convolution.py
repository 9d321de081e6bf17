"""The unit: PyTorch's layers, PyTorch's weights, none of the work where there are no weights."""

import pytest
import torch
from torch import nn

from search_spaces.convolution import classifier, convolution, convolution_unit


@pytest.mark.parametrize(("axes", "plain"), [(1, nn.Conv1d), (2, nn.Conv2d)])
def test_weights_are_drawn_as_pytorch_draws_them(axes, plain):
    torch.manual_seed(7)
    ours = convolution(3, 8, 5, stride=2, axes=axes, bias=True)
    torch.manual_seed(7)
    theirs = plain(3, 8, 5, stride=2, padding=2)
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


@pytest.mark.parametrize("axes", [1, 2])
def test_unit_starts_as_a_normalising_rectifier(axes):
    unit = convolution_unit(3, 4, 3, axes=axes)
    outputs = unit(torch.randn(16, 3, *[8] * axes))
    assert outputs.min() == 0
    assert torch.equal(unit[1].weight, torch.ones(4))
    assert torch.equal(unit[1].bias, torch.zeros(4))


def test_linear_unit_gives_negative_values():
    assert convolution_unit(3, 4, activation=None)(torch.randn(4, 3, 5, 5)).min() < 0


def test_no_random_number_is_drawn_on_the_meta_device():
    before = torch.get_rng_state()
    with torch.device("meta"):
        unit = convolution_unit(3, 4, 3)
    assert unit[0].weight.is_meta
    assert torch.equal(torch.get_rng_state(), before)


def test_classifier_averages_the_map():
    head = classifier(3, 2)
    inputs = torch.randn(5, 3, 4, 6)
    torch.testing.assert_close(head(inputs), head[2](inputs.mean(dim=(2, 3))))
