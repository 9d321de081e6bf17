import numpy as np
import pytest
import torch
from torch.nn import functional as F

from prototypenas.graph.tensors import Quantization
from tests.graph.lambdas import lowered

FUNCTIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "silu": F.silu,
    "hardswish": F.hardswish,
    "hardsigmoid": F.hardsigmoid,
    "leaky": lambda x: F.leaky_relu(x, 0.2),
    "leaky by default": F.leaky_relu,
    "elu": lambda x: F.elu(x, alpha=0.5),
    "prelu": lambda x: F.prelu(x, torch.tensor([0.3])),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_table_holds_the_nearest_integer_to_each_of_the_256_values(name):
    operator = lowered(FUNCTIONS[name]).operators[-1]
    source, target = Quantization(0.05, 3), Quantization(0.04, -10)
    table = operator.quantized([source], target).table.values
    real = FUNCTIONS[name](torch.from_numpy(source.scale * (np.arange(-128, 128) - source.zero_point)).float())
    exact = real.double().numpy() / target.scale + target.zero_point
    assert len(table) == 256
    assert np.abs(table - np.clip(exact, -128, 127)).max() <= 0.5 + 1e-4
