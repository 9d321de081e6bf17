"""What the C needs beside constants and arena, read from what was measured."""

import pytest
import torch
from torch import nn

from prototypenas.costing.cores import CORES
from prototypenas.costing.kernel_properties import (
    DESCRIPTOR_BYTES,
    ROWS_ROOM,
    SEVERAL_OUTPUTS_BYTES,
    STACK_ROOM,
    code_bytes,
    descriptor_bytes,
    descriptor_count,
    kernels_in_use,
    stack_bytes,
)
from prototypenas.errors import ConfigurationError
from prototypenas.graph.lowering import lower
from prototypenas.graph.operators import KERNELS


class Joined(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(3, 4, 1)

    def forward(self, inputs):
        return torch.cat((self.one(inputs), self.two(inputs)), dim=1).mean((2, 3))


GRAPH = lower(Joined(), (3, 8, 8))


def test_a_concatenation_has_a_descriptor_for_each_input_that_it_copies():
    concat = next(one for one in GRAPH.operators if type(one).__name__ == "Concat")
    assert descriptor_count(concat, GRAPH.tensors) == 2
    assert descriptor_count(concat, GRAPH.tensors, concat.inputs[:1]) == 1
    assert descriptor_bytes(concat, GRAPH.tensors, concat.inputs) == 0
    assert descriptor_bytes(GRAPH.operators[0], GRAPH.tensors) == DESCRIPTOR_BYTES


def test_a_kernel_is_linked_only_where_a_layer_uses_it():
    copied, in_place = kernels_in_use(GRAPH), kernels_in_use(GRAPH, [one.output for one in GRAPH.operators[:2]])
    assert copied - in_place == {"nn_copy"} and copied <= set(KERNELS)


def test_code_is_the_sum_of_what_is_linked_and_what_kernels_share_counts_once():
    core = "cortex-m7"
    nothing = code_bytes([], core)
    one, other = (code_bytes([name], core) - nothing for name in ("nn_convolution", "nn_pointwise"))
    both = code_bytes(["nn_convolution", "nn_pointwise"], core) - nothing
    assert 0 < both < one + other
    assert code_bytes([], core, outputs=1) == nothing
    assert code_bytes([], core, outputs=3) == nothing + SEVERAL_OUTPUTS_BYTES + 16


@pytest.mark.parametrize("core", CORES)
def test_everything_was_measured_for_every_core(core):
    assert code_bytes(KERNELS, core) > 0
    assert stack_bytes(core) > STACK_ROOM
    assert code_bytes([], core, runtime="runtime_rows") > ROWS_ROOM


def test_what_was_not_measured_is_refused():
    with pytest.raises(ConfigurationError, match="code size of cortex-m7 -O9 was not measured"):
        code_bytes([], "cortex-m7", optimization="O9")


def test_the_sum_of_a_mean_over_rows_has_a_kernel_of_its_own():
    graph = lower(nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1)), (3, 8, 8))
    mean = graph.operators[-1]
    assert kernels_in_use(graph) != kernels_in_use(graph, summed=[mean.output])
