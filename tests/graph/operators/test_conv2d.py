import pytest
import torch
from torch.nn import functional as F

from prototypenas.errors import LoweringError
from prototypenas.graph.lowering import lower
from tests.graph.lambdas import Function, kinds, lowered


@pytest.mark.parametrize(
    ("shape", "groups", "made"),
    [
        ((6, 4, 3, 3), 1, "Conv2d"),
        ((6, 2, 3, 3), 2, "Conv2d"),
        ((4, 1, 3, 3), 4, "DepthwiseConv2d"),
        ((8, 1, 3, 3), 4, "Conv2d"),
    ],
)
def test_only_a_filter_a_channel_is_depthwise(shape, groups, made):
    weight = torch.randn(shape)
    assert kinds(lowered(lambda x: F.conv2d(x, weight, groups=groups))) == [made]


def test_wrong_channels_are_refused():
    with pytest.raises(LoweringError, match="the input has 4 channels, the weights want 3"):
        lower(Function(lambda x: F.conv2d(x, torch.ones(2, 3, 1, 1)), (4, 6, 6)), (4, 6, 6))
