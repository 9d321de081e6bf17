"""The window of a convolution's arguments, `same` padding and series included."""

import pytest
import torch
from torch.nn import functional as F

from prototypenas.graph.tensors import Window
from prototypenas.graph.traced_weights import weights_of
from tests.graph.lambdas import lowered


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("kernel", [(1, 1), (2, 2), (3, 3), (4, 3), (5, 2)])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_padding_is_pytorchs_for_even_kernels_too(kernel, dilation):
    weight = torch.randn(3, 4, *kernel)
    lowered(lambda x: F.conv2d(x, weight, padding="same", dilation=dilation), (4, 9, 9))


def test_a_series_has_height_1_without_padding_there_and_a_lone_tap_no_dilation():
    weight = torch.randn(3, 4, 5)
    graph = lowered(lambda x: F.conv1d(x, weight, stride=2, padding=3, dilation=2), (4, 20))
    assert graph.operators[-1].window == Window((1, 5), (1, 2), (0, 3, 0, 3), (1, 2))


def test_a_missing_bias_is_zero_and_the_meta_device_has_no_weights():
    found = weights_of(torch.ones(3, 2, 1, 1), None, lambda array: array)
    assert found is not None and found.bias.tolist() == [0.0, 0.0, 0.0]
    assert weights_of(torch.ones(3, 2, 1, 1, device="meta"), None, lambda array: array) is None
