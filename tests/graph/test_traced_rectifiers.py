"""A clamp is a rectifier where its bounds are those of one."""

import pytest
from torch.nn import functional as F

from prototypenas.errors import LoweringError
from prototypenas.graph.lowering import lower
from prototypenas.graph.tensors import Activation
from tests.graph.lambdas import Function, kinds, lowered


@pytest.mark.parametrize(
    ("function", "activation"),
    [
        (F.relu, Activation.RELU),
        (lambda x: x.clamp(min=0), Activation.RELU),
        (lambda x: x.clamp(0, float("inf")), Activation.RELU),
        (F.relu6, Activation.RELU6),
        (lambda x: F.hardtanh(x, 0.0, 6.0), Activation.RELU6),
        (lambda x: x.clip(0, 6), Activation.RELU6),
    ],
)
def test_it_is_fused_into_what_is_before_it(function, activation):
    graph = lowered(function)
    assert kinds(graph) == [] and graph.operators[0].fused is activation


@pytest.mark.parametrize("bounds", [(-1, 1), (0, 5), (1, 6), (None, 6)])
def test_other_bounds_are_refused(bounds):
    with pytest.raises(LoweringError, match="ReLU and ReLU6 have"):
        lower(Function(lambda x: x.clamp(*bounds), (4, 6, 6)), (4, 6, 6))
