import pytest
from torch.nn import functional as F

from prototypenas.errors import LoweringError
from prototypenas.graph.lowering import lower
from tests.graph.lambdas import Function, kinds, lowered


@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.interpolate(x, scale_factor=3),
        lambda x: F.interpolate(x, scale_factor=(2.0, 2.0)),
        lambda x: F.interpolate(x, size=(12, 12)),
    ],
)
def test_one_whole_factor_however_it_is_written(function):
    assert kinds(lowered(function)) == ["UpsampleNearest"]


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), "nearest on maps has"),
        (lambda x: F.interpolate(x, scale_factor=1.5), "one whole number"),
        (lambda x: F.interpolate(x, size=(12, 6)), "one whole number"),
        (lambda x: F.interpolate(x, size=(3, 3)), "one whole number"),
    ],
)
def test_other_factors_and_ways_are_refused(function, said):
    with pytest.raises(LoweringError, match=said):
        lower(Function(function, (4, 6, 6)), (4, 6, 6))
