import pytest
import torch
from torch.nn import functional as F

from prototypenas.errors import LoweringError
from prototypenas.graph.lowering import lower
from tests.graph.lambdas import Function, kinds, lowered


def test_channels_are_put_side_by_side_and_one_part_alone_is_nothing():
    assert kinds(lowered(lambda x: torch.cat((x, x.sigmoid()), dim=-3))) == ["Lookup", "Concat"]
    assert kinds(lowered(lambda x: torch.cat((x,), dim=1))) == []


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: torch.cat((x, x), dim=2), "along channels"),
        (lambda x: torch.cat((x, torch.ones(1, 4, 6, 6)), dim=1), "only tensors made from the input"),
        (lambda x: torch.cat((x, F.max_pool2d(x, 2)), dim=1), "cannot be concatenated"),
        (lambda x: torch.cat((x.flatten(1), x.flatten(1)), dim=1), "flattened maps"),
    ],
)
def test_other_joints_are_refused(function, said):
    with pytest.raises(LoweringError, match=said):
        lower(Function(function, (4, 6, 6)), (4, 6, 6))
