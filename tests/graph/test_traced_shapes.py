"""Views that keep the order in memory cost nothing; others are refused."""

import pytest
import torch
from torch.nn import functional as F

from prototypenas.errors import LoweringError
from prototypenas.graph.lowering import lower
from tests.graph.lambdas import Function, kinds, lowered


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.mean((2, 3)).view(-1, 4),
        lambda x: x.mean((2, 3), keepdim=True).flatten(1),
        lambda x: x.mean((2, 3)).unsqueeze(-1).unsqueeze(-1).flatten(1),
        lambda x: x.mean((2, 3), keepdim=True).squeeze(3).squeeze(-1),
        lambda x: F.dropout(x.mean((2, 3)), 0.5, training=False).contiguous(),
    ],
    ids=["view", "flatten", "unsqueeze", "squeeze", "dropout"],
)
def test_another_view_is_no_operator(function):
    assert kinds(lowered(function)) == ["AveragePool2d"]


def test_zeros_around_a_map_go_into_the_next_convolution():
    weight = torch.randn(5, 4, 3, 3)
    graph = lowered(lambda x: F.conv2d(F.pad(x, (1, 2, 0, 1)), weight, padding=1))
    assert kinds(graph) == ["Conv2d"] and graph.operators[-1].window.padding == (1, 2, 2, 3)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: x.view(1, 6, 4, 6), "a view of"),
        (lambda x: x.squeeze(), "would drop the batch"),
        (lambda x: F.pad(x, (1, 1), value=2.0), "zeros around the map can"),
        (lambda x: F.pad(x, (1, 1), mode="reflect"), "cannot be lowered"),
        (lambda x: F.pad(x, (-1, 0)), "cannot be lowered"),
        (
            lambda x: F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 2),
            "not into max_pool2d",
        ),
        (lambda x: x.flatten(1).softmax(1) * 2, "reads the result of a softmax"),
        (lambda x: x.flatten(1), "another order of elements"),
    ],
)
def test_what_would_need_work_is_refused(function, said):
    with pytest.raises(LoweringError, match=said):
        lower(Function(function, (4, 6, 6)), (4, 6, 6))


def test_a_softmax_at_the_end_is_left_out_and_said():
    graph = lower(Function(lambda x: x.mean((2, 3)).softmax(1), (4, 6, 6)), (4, 6, 6))
    assert kinds(graph) == ["AveragePool2d"] and "logits" in graph.notes[0]
