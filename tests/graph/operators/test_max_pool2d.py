import pytest
import torch
from torch.nn import functional as F

from prototypenas.errors import LoweringError
from prototypenas.graph.lowering import lower
from prototypenas.graph.operator import ZeroPoints
from tests.graph.lambdas import Function, lowered


def test_padding_never_wins_among_negative_values():
    operator = lowered(lambda x: F.max_pool2d(x, 3, 1, 1)).operators[-1]
    values = torch.full((1, 4, 6, 6), -100, dtype=torch.int8)
    assert (operator.run_integers([values], ZeroPoints((0,), 0), None) == -100).all()


@pytest.mark.parametrize("options", [{"dilation": 2}, {"return_indices": True}])
def test_dilation_and_indices_are_refused(options):
    with pytest.raises(LoweringError, match="dilation or indices"):
        lower(Function(lambda x: F.max_pool2d(x, 2, **options), (4, 6, 6)), (4, 6, 6))
