"""What an operator says of the rows it reads is true: changing any other row changes nothing."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from prototypenas.graph.graph import Graph
from prototypenas.graph.lowering import lower
from prototypenas.graph.operator import Operator
from prototypenas.graph.weighted import Weighted
from tests.graph.lambdas import Function

ROWS = 12
FUNCTIONS = {
    "convolution": lambda x: F.conv2d(x, torch.ones(5, 4, 3, 2), stride=(2, 1), padding=1),
    "dilated": lambda x: F.conv2d(x, torch.ones(5, 4, 3, 3), padding=2, dilation=2),
    "grouped": lambda x: F.conv2d(x, torch.ones(6, 2, 3, 3), groups=2),
    "depthwise": lambda x: F.conv2d(x, torch.ones(4, 1, 5, 5), padding=2, groups=4),
    "maximum": lambda x: F.max_pool2d(x, 3, 2, 1),
    "average": lambda x: F.avg_pool2d(x, 2),
    "inner average": lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
    "whole average": lambda x: x.mean((2, 3), keepdim=True),
    "sum": lambda x: x + F.max_pool2d(x, 3, 1, 1),
    "product": lambda x: x * F.max_pool2d(x, 3, 1, 1),
    "factors": lambda x: x * x.mean((2, 3), keepdim=True),
    "table": lambda x: x.sigmoid(),
    "shuffle": lambda x: torch.channel_shuffle(x, 2),
    "concatenation": lambda x: torch.cat((x, F.max_pool2d(x, 3, 1, 1)), dim=1),
    "upsampling": lambda x: F.interpolate(x, scale_factor=2.0),
    "part": lambda x: x[:, 1:3, 2:9, 1:],
    "rectifier": lambda x: x.relu() + x,
}


def graph_of(name: str) -> Graph:
    torch.manual_seed(0)
    return lower(Function(FUNCTIONS[name], (4, ROWS, 6)).eval(), (4, ROWS, 6))


def run(operator: Operator, inputs: list[Tensor]) -> Tensor:
    weights = operator.float_weights("cpu") if isinstance(operator, Weighted) else None
    return operator.run(inputs, weights)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_row_is_read_but_those_that_are_declared(name):
    graph = graph_of(name)
    for operator in graph.operators:
        reads = operator.reads_rows(graph.tensors)
        if reads is None or reads.summed:
            continue
        specs = [graph.tensors[source] for source in operator.inputs]
        inputs = [torch.randn(1, spec.channels, spec.height, spec.width) for spec in specs]
        before = run(operator, inputs)
        for place, spec in enumerate(specs):
            for row in range(spec.height if spec.height > 1 else 0):
                changed = [values.clone() for values in inputs]
                changed[place][:, :, row] += 100.0
                differs = (run(operator, changed) != before).any(dim=3).any(dim=1)[0].nonzero().flatten().tolist()
                for made in differs:
                    first = made * reads.stride // reads.repeat - reads.padding
                    assert first <= row < first + reads.kernel, (type(operator).__name__, made, row)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_macs_and_parameters_are_those_of_pytorch(name):
    graph = graph_of(name)
    convolution = graph.operators[0]
    assert convolution.macs(graph.tensors) == 4 * 4 * ROWS * 6 and convolution.parameters() == 4 * 4 + 4
    assert all(operator.macs(graph.tensors) >= 0 for operator in graph.operators)


def test_a_depthwise_and_a_grouped_convolution_count_only_the_channels_they_read():
    for groups, macs in ((1, 8 * 4 * 9), (2, 8 * 2 * 9), (4, 8 * 1 * 9)):
        network = nn.Conv2d(4, 8 if groups < 4 else 4, 3, groups=groups)
        graph = lower(network, (4, 3, 3))
        assert graph.operators[0].macs(graph.tensors) == (macs if groups < 4 else macs // 2)
