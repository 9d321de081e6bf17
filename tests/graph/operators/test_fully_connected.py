import pytest
import torch
from torch.nn import functional as F

from prototypenas.errors import LoweringError
from prototypenas.graph.lowering import lower
from tests.graph.lambdas import Function, kinds, lowered


def test_weights_of_a_flattened_map_follow_its_pixels():
    weight, bias = torch.randn(3, 4 * 36), torch.randn(3)
    assert kinds(lowered(lambda x: F.linear(x.flatten(1), weight, bias))) == ["FullyConnected"]
    assert kinds(lowered(lambda x: torch.addmm(bias, x.flatten(1), weight.t()))) == ["FullyConnected"]


def test_other_features_are_refused():
    with pytest.raises(LoweringError, match="a linear layer of 9 features got"):
        lower(Function(lambda x: F.linear(x.flatten(1), torch.ones(2, 9)), (4, 6, 6)), (4, 6, 6))
