import pytest
import torch

from prototypenas.errors import LoweringError
from prototypenas.graph.lowering import lower
from tests.graph.lambdas import Function, kinds, lowered


def written_out(x):
    return x.view(-1, 2, 3, 6, 6).transpose(1, 2).reshape(-1, 6, 6, 6)


@pytest.mark.parametrize(
    ("function", "made"),
    [
        (lambda x: torch.channel_shuffle(x, 3), ["Shuffle"]),
        (written_out, ["Shuffle"]),
        (lambda x: torch.channel_shuffle(x, 1), []),
        (lambda x: torch.channel_shuffle(x, 6), []),
    ],
)
def test_both_ways_of_writing_it_are_one_operator(function, made):
    assert kinds(lowered(function, (6, 6, 6))) == made


@pytest.mark.parametrize("function", [lambda x: x.transpose(2, 3), lambda x: x.transpose(1, 2)])
def test_other_transpositions_are_refused(function):
    with pytest.raises(LoweringError, match="a channel shuffle has"):
        lower(Function(function, (4, 6, 6)), (4, 6, 6))
