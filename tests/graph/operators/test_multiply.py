import pytest
import torch

from prototypenas.errors import LoweringError
from prototypenas.graph.lowering import lower
from tests.graph.lambdas import Function, kinds, lowered


@pytest.mark.parametrize(
    ("function", "made"),
    [
        (lambda x: x * x.sigmoid(), ["Lookup", "Multiply"]),
        (lambda x: x.mean((2, 3), keepdim=True) * x, ["AveragePool2d", "Multiply"]),
        (lambda x: x * 2.5, []),
        (lambda x: torch.full((4, 1, 1), 0.5) * x, []),
    ],
)
def test_factors_are_maps_or_one_a_channel_and_constants_cost_nothing(function, made):
    graph = lowered(function)
    assert kinds(graph) == made
    if "Multiply" in made:
        left, right = (graph.tensors[name] for name in graph.operators[-1].inputs)
        assert left.elements >= right.elements, "the map comes first"


def test_a_product_with_zero_is_zeros_that_sums_leave_out():
    assert kinds(lowered(lambda x: x * 0)) == ["Lookup"]
    assert kinds(lowered(lambda x: x.relu() + x * 0)) == []


def test_rows_of_factors_are_refused():
    with pytest.raises(LoweringError, match="only equal shapes, or 1x1"):
        lower(Function(lambda x: x * x.mean(3, keepdim=True), (4, 6, 6)), (4, 6, 6))
