"""Numbers that the C cannot hold are refused by name; what is zero is not written."""

import numpy as np
import pytest
import torch
from torch import nn

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.deployment.c_tables import FIELD_RANGES, _checked, model_tables
from prototypenas.errors import ConfigurationError
from prototypenas.graph.lowering import lower
from prototypenas.types import Execution


@pytest.fixture(scope="module")
def graph():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 2))
    lowered = lower(network.eval(), (3, 8, 8))
    return quantize(lowered, calibrate(lowered, [torch.randn(8, 3, 8, 8)]))


def test_every_field_is_within_its_range_and_only_what_is_not_zero_is_listed(graph):
    operator = graph.operators[0]
    for name, (low, high) in {**FIELD_RANGES, "in_width": (0, 2**16 - 1)}.items():
        for value in (low, high):
            assert _checked(operator, {name: value}) == (((name, value),) if value else ())
        with pytest.raises(ConfigurationError, match=f"{operator.name}: {name} is {high + 1}"):
            _checked(operator, {name: high + 1})
        with pytest.raises(ConfigurationError, match=f"{name} is {low - 1}"):
            _checked(operator, {name: low - 1})


def test_constants_lie_in_the_order_of_the_layers_padded_to_words(graph):
    tables = model_tables(graph, plan_memory(graph, Execution.LAYERS))
    conv, linear = graph.operators[0], graph.operators[-1]
    assert len(tables.biases) == len(tables.multipliers) == len(tables.shifts) == 7
    assert (tables.biases == np.concatenate([conv.weights.bias, linear.weights.bias])).all()
    assert len(tables.weights) % 4 == 0 and (tables.weights[:135] == conv.weights.weight.reshape(-1)).all()
    assert tables.shifts.max() <= 30, "less the 32 that every shift has"
    kernels = [tables.kernels[dict(layer.fields).get("kernel", 0)] for layer in tables.layers]
    assert kernels == [layer.kernel for layer in tables.layers]


def test_what_is_summed_row_by_row_steps_over_the_rows_of_its_input(graph):
    mean = graph.operators[1].name

    def height(way: Execution) -> int:
        layers = model_tables(graph, plan_memory(graph, way)).layers
        return dict(next(one for one in layers if one.operator == mean).fields)["out_height"]

    assert height(Execution.LAYERS) == 1 and height(Execution.ROWS) == 6
