import pytest
import torch

from prototypenas.errors import LoweringError
from prototypenas.graph.lowering import lower
from tests.graph.lambdas import Function, kinds, lowered


@pytest.mark.parametrize(
    ("function", "made"),
    [
        (lambda x: x + x.relu(), ["Requantize", "Add"]),
        (lambda x: x + 0, []),
        (lambda x: 0 + x, []),
        (lambda x: x + 1.5, []),
        (lambda x: torch.ones(4, 1, 1) + x, []),
        (lambda x: x.add_(x.sigmoid()), ["Lookup", "Add"]),
    ],
)
def test_only_two_tensors_made_from_the_input_are_a_sum(function, made):
    assert kinds(lowered(function)) == made


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: torch.add(x, x.relu(), alpha=2), "only two tensors"),
        (lambda x: x + x.mean((2, 3), keepdim=True), "does not broadcast"),
    ],
)
def test_weighted_sums_and_broadcasting_are_refused(function, said):
    with pytest.raises(LoweringError, match=said):
        lower(Function(function, (4, 6, 6)), (4, 6, 6))
