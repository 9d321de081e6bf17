import pytest
import torch

from prototypenas.errors import LoweringError
from prototypenas.graph.lowering import lower
from tests.graph.lambdas import Function, kinds, lowered


@pytest.mark.parametrize(
    ("function", "parts"),
    [
        (lambda x: x[:, 1:3], 1),
        (lambda x: x[..., 2:-1, :4], 1),
        (lambda x: x[:, :, :, -3:], 1),
        (lambda x: x[:], 0),
        (lambda x: x.narrow(1, 1, 2), 1),
        (lambda x: torch.cat(x.chunk(3, dim=1), dim=1), 2),
        (lambda x: torch.cat(x.split([1, 3], dim=1), dim=1), 2),
        (lambda x: torch.cat(x.split(3, dim=1), dim=1), 2),
    ],
)
def test_parts_are_those_of_pytorch_and_the_whole_is_nothing(function, parts):
    assert kinds(lowered(function)).count("Crop") == parts


def test_a_single_place_drops_its_dimension():
    graph = lower(Function(lambda x: x[:, :, -1], (4, 6, 6)), (4, 6, 6))
    assert (graph.operators[-1].rows, graph.tensors[graph.outputs[0]].height) == ((5, 6), 1)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: x[0], "the batch must stay"),
        (lambda x: x[:, ::2], "slices of step 1 have"),
        (lambda x: x[:, 4], "slices of step 1 have"),
        (lambda x: x[:, [0, 2]], "slices of step 1 have"),
        (lambda x: x.flatten(1)[:, :8], "a part of a flattened map"),
    ],
)
def test_other_parts_are_refused(function, said):
    with pytest.raises(LoweringError, match=said):
        lower(Function(function, (4, 6, 6)), (4, 6, 6))
