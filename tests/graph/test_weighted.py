"""When float32 sums are exact, and which sums the kernels hold."""

import numpy as np
import pytest
import torch

from prototypenas.errors import QuantizationError
from prototypenas.graph.operators.fully_connected import FullyConnected
from prototypenas.graph.tensors import Activation, FloatWeights, IntegerWeights
from prototypenas.graph.weighted import clamped, exact_float


def integers(bias: int) -> IntegerWeights:
    weight, multiplier, shift = np.full((1, 1, 1, 4), 127, np.int8), np.array([2**30]), np.array([40])
    return IntegerWeights(
        weight, np.ones(1), np.array([bias], np.int32), multiplier.astype(np.int32), shift.astype(np.uint8)
    )


def layer(weights) -> FullyConnected:
    return FullyConnected("fc", ("x",), "fc", 4, 1, weights=weights)


def test_float32_is_taken_only_where_no_partial_sum_can_be_rounded():
    just = 2**24 // (128 * 127)
    assert exact_float(np.full((2, just), 127, np.int8)) == np.float32
    assert exact_float(np.full((2, just + 1), 127, np.int8)) == np.float64
    alternating = np.tile(np.array([127, -127], np.int8), (1, just))
    assert exact_float(alternating) == np.float64, "partial sums count, not the last one"


def test_a_sum_that_kernels_could_not_hold_is_refused():
    assert layer(integers(2**29)).c_arithmetic(0, 0) is not None
    with pytest.raises(QuantizationError, match="fc: a sum could reach"):
        layer(integers(2**30)).c_arithmetic(0, 0)


def test_each_stage_is_asked_for_by_name():
    floats = FloatWeights(np.ones((1, 1, 1, 4), np.float32), np.zeros(1, np.float32))
    for weights, method in ((floats, "integers"), (integers(0), "floats"), (None, "floats"), (None, "integers")):
        with pytest.raises(QuantizationError, match=r"fc: no (integer|float) weights"):
            getattr(layer(weights), method)()


def test_rectifiers_clamp_real_values():
    values = torch.tensor([-1.0, 3.0, 9.0])
    assert clamped(values, Activation.NONE).tolist() == [-1.0, 3.0, 9.0]
    assert clamped(values, Activation.RELU).tolist() == [0.0, 3.0, 9.0]
    assert clamped(values, Activation.RELU6).tolist() == [0.0, 3.0, 6.0]
