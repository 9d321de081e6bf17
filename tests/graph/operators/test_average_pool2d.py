import pytest
from torch.nn import functional as F

from prototypenas.errors import LoweringError
from prototypenas.graph.lowering import lower
from tests.graph.lambdas import Function, kinds, lowered


@pytest.mark.parametrize(
    ("function", "made"),
    [
        (lambda x: F.avg_pool2d(x, 2), ["AveragePool2d"]),
        (lambda x: F.avg_pool2d(x, 3, 1, 1), ["DepthwiseConv2d"]),
        (lambda x: F.avg_pool2d(x, 3, 1, 1, count_include_pad=False), ["InnerAveragePool2d"]),
        (lambda x: F.adaptive_avg_pool2d(x, (3, None)), ["AveragePool2d"]),
        (lambda x: F.adaptive_avg_pool2d(x, 6), []),
        (lambda x: x.mean((-1, -2)), ["AveragePool2d"]),
        (lambda x: x.mean(2, keepdim=True), ["AveragePool2d"]),
    ],
)
def test_each_mean_is_what_computes_the_same(function, made):
    assert kinds(lowered(function)) == made


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: F.adaptive_avg_pool2d(x, 4), "windows of unequal size"),
        (lambda x: x.mean(1), "only one over space has"),
        (lambda x: x.mean(), "only one over space has"),
        (lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True), "rounded up"),
    ],
)
def test_other_means_are_refused(function, said):
    with pytest.raises(LoweringError, match=said):
        lower(Function(function, (4, 6, 6)), (4, 6, 6))
