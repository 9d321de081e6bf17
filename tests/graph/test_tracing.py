"""What stands in for a tensor, and what is refused with its place."""

import pytest
import torch
from torch import nn

from prototypenas.errors import ConfigurationError, LoweringError
from prototypenas.graph.traced_functions import FUNCTIONS
from prototypenas.graph.tracing import trace
from tests.graph.lambdas import Function, kinds, lowered


@pytest.mark.parametrize("shape", [(), (3, 0, 4), (1, 2, 3, 4)])
def test_an_input_that_is_none_is_refused(shape):
    with pytest.raises(ConfigurationError, match="input shape is"):
        trace(nn.Identity(), shape, FUNCTIONS)


def test_a_function_in_place_is_seen_by_every_view_of_its_tensor():
    def function(x):
        view = x.view(1, 4, 6, 6) if x.shape[0] == 1 else x
        x.relu_()
        return view

    recording = trace(Function(function, (4, 6, 6)), (4, 6, 6), FUNCTIONS)
    assert recording.outputs == (recording.operators[-1].output,)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: x if x.sum() > 0 else -x, "function sum has no operator|control flow"),
        (lambda x: torch.stack(list(x)), "iteration over a tensor"),
        (lambda x: x.erfinv(), "function erfinv has no operator"),
        (lambda x: 3.0, "forward returns float"),
    ],
)
def test_what_cannot_be_recorded_is_refused_with_its_module(function, said):
    with pytest.raises(LoweringError, match=said):
        trace(Function(function, (4, 6, 6)), (4, 6, 6), FUNCTIONS)


def test_names_are_the_modules_and_a_second_call_is_counted():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 1)

        def forward(self, x):
            return self.conv(self.conv(x))

    recording = trace(Twice(), (3, 4, 4), FUNCTIONS)
    assert [one.name for one in recording.operators] == ["conv", "conv_2"]


def test_adding_zeros_is_left_out():
    graph = lowered(lambda x: x + 0.0 * x)
    assert kinds(graph) in ([], ["Add"])


def test_the_module_stays_in_the_mode_it_was_in():
    module = Function(lambda x: x.relu(), (4, 6, 6)).train()
    trace(module, (4, 6, 6), FUNCTIONS)
    assert module.training and module.first.training
