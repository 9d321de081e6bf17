import pytest

from prototypenas.errors import QuantizationError
from prototypenas.graph.tensors import Activation, Quantization, TensorSpec, Window, low_bound


def test_a_tensor_of_the_float_stage_has_no_quantization():
    with pytest.raises(QuantizationError, match="tensor x has no quantization"):
        TensorSpec("x", 2, 3, 4).known_quantization  # noqa: B018
    assert TensorSpec("x", 2, 3, 4, Quantization(0.5, -3)).known_quantization.zero_point == -3
    assert TensorSpec("x", 2, 3, 4).elements == 24


def test_the_span_counts_from_the_first_tap_to_the_last():
    window = Window((3, 1), (2, 1), (1, 2, 3, 4), (2, 5))
    assert window.span == (5, 1) and window.taps == 3
    turned = window.transposed
    assert (turned.kernel, turned.stride, turned.padding, turned.dilation) == ((1, 3), (1, 2), (2, 1, 4, 3), (5, 2))
    assert turned.transposed == window


def test_only_a_rectifier_lifts_the_least_value():
    assert low_bound(Activation.NONE, 5) == -128
    assert low_bound(Activation.RELU, 5) == low_bound(Activation.RELU6, 5) == 5
