"""Arithmetic with constants goes into the weights before it, whichever way round it is written."""

import pytest
import torch

from prototypenas.errors import LoweringError
from prototypenas.graph.lowering import lower
from tests.graph.lambdas import Function, kinds, lowered

CHANNELS = torch.tensor([1.0, 2.0, -3.0, 0.5]).reshape(1, 4, 1, 1)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x - 2.0,
        lambda x: 2.0 - x,
        lambda x: x / 4,
        lambda x: -x,
        lambda x: x - CHANNELS,
        lambda x: CHANNELS - x,
        lambda x: x / CHANNELS,
        lambda x: (x - 0.5) / 0.25,
    ],
)
def test_it_costs_nothing_behind_a_convolution(function):
    assert kinds(lowered(function)) == []


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: x - torch.ones(6, 6), "one value a channel has"),
        (lambda x: x - x.relu(), "the difference of two tensors"),
        (lambda x: 1.0 / x, "has no operator|unsupported operand"),
        (lambda x: x / x.relu(), "a division by a tensor made from the input"),
    ],
)
def test_other_arithmetic_is_refused(function, said):
    with pytest.raises((LoweringError, TypeError), match=said):
        lower(Function(function, (4, 6, 6)), (4, 6, 6))
