"""The overlap of input and output that `Operator.input_lead_bytes` promises, proven on the compiled kernels."""

import numpy as np
import pytest

from prototypenas.graph.operators.add import Add
from prototypenas.graph.operators.average_pool2d import AveragePool2d
from prototypenas.graph.operators.conv2d import Conv2d
from prototypenas.graph.operators.depthwise_conv2d import DepthwiseConv2d
from prototypenas.graph.operators.fully_connected import FullyConnected
from prototypenas.graph.operators.inner_average_pool2d import InnerAveragePool2d
from prototypenas.graph.operators.max_pool2d import MaxPool2d
from prototypenas.graph.operators.requantize import Requantize
from prototypenas.graph.operators.upsample_nearest import UpsampleNearest

KINDS = (
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    Add,
    AveragePool2d,
    InnerAveragePool2d,
    MaxPool2d,
    Requantize,
    UpsampleNearest,
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_output_may_run_into_the_input_up_to_the_lead(kind, harness, make_layer):
    rng = np.random.default_rng(11)
    apart = [make_layer(rng, kind) for _ in range(80)]
    if kind is Add:
        apart = [with_equal_inputs(layer) for layer in apart]
    leads = [layer.operator.input_lead_bytes(layer.graph.tensors) for layer in apart]
    expected = harness.run(apart)
    slack = rng.integers(0, 9, len(apart)).tolist()
    for extra in ([0] * len(apart), slack):
        moved = [layer.moved(lead + more) for layer, lead, more in zip(apart, leads, extra, strict=True)]
        for one, other, layer in zip(harness.run(moved), expected, apart, strict=True):
            np.testing.assert_array_equal(one, other, err_msg=str(layer.operator))


@pytest.mark.parametrize("kind", [Conv2d, DepthwiseConv2d], ids=lambda kind: kind.__name__)
def test_lead_is_tight(kind, harness, make_layer):
    """Two pixels less corrupt the output wherever the lead is that long; a smaller promise would be broken."""
    rng = np.random.default_rng(13)
    layers = [make_layer(rng, kind, (9, 8, 6)) for _ in range(60)]
    tried = []
    for layer, expected in zip(layers, harness.run(layers), strict=True):
        target = layer.graph.tensors["out"]
        lead = layer.operator.input_lead_bytes(layer.graph.tensors)
        step = 2 * max(target.channels, layer.graph.tensors["in"].channels)
        if step <= lead < target.elements:
            tried.append((layer.moved(lead - step), expected))
    outputs = harness.run([layer for layer, _ in tried])
    corrupted = [not np.array_equal(output, expected) for output, (_, expected) in zip(outputs, tried, strict=True)]
    assert len(tried) > 5
    assert sum(corrupted) >= 0.9 * len(tried)


def with_equal_inputs(layer):
    return type(layer)(layer.graph, layer.plan, (layer.inputs[0], layer.inputs[0]))
