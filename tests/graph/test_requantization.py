from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prototypenas.errors import QuantizationError
from prototypenas.graph.requantization import (
    add_arithmetic,
    integer_weights,
    multipliers_and_shifts,
    rescale,
)
from prototypenas.graph.tensors import FloatWeights, Quantization

HALF = Fraction(1, 2)
scales = st.floats(1e-6, 1e3).map(lambda value: float(np.float32(value)))
zero_points = st.integers(-128, 127)
quantizations = st.builds(Quantization, scales, zero_points)
bytes_ = st.integers(-128, 127)


def rounded(value: Fraction) -> int:
    return floor(value + HALF)


@given(st.floats(2.0**-32, 0.49), st.integers(-(2**31), 2**31 - 1))
def test_shifted_product_is_the_accumulator_times_the_real_multiplier_rounded_once(real, accumulator):
    (multiplier,), (shift,) = multipliers_and_shifts(np.array([real]))
    multiplier, shift = int(multiplier), int(shift)
    assert 2**30 <= multiplier < 2**31 and 32 <= shift <= 62
    ratio = Fraction(multiplier, 2**shift)
    assert abs(ratio - Fraction(real)) <= Fraction(real) / 2**31
    assert (accumulator * multiplier + 2 ** (shift - 1)) >> shift == rounded(accumulator * ratio)


def test_multiplier_that_rounds_up_to_its_bound_takes_one_shift_less():
    (multiplier,), (shift,) = multipliers_and_shifts(np.array([np.nextafter(0.25, 0)]))
    assert (multiplier, shift) == (2**30, 32)


@pytest.mark.parametrize("real", [0.5, 0.75, 3.0, 2.0**-33])
def test_multiplier_outside_the_shifts_is_refused(real):
    with pytest.raises(QuantizationError, match="leave"):
        multipliers_and_shifts(np.array([real]))


@given(quantizations, quantizations, quantizations, bytes_, bytes_)
def test_sum_stays_in_int32_and_is_at_most_half_a_step_off(left, right, target, first, second):
    if max(left.scale, right.scale) / target.scale >= 2**19:
        return
    parts = add_arithmetic(left, right, target)
    assert 0 <= parts.left_multiplier < 2**21 and 0 <= parts.right_multiplier < 2**21 and 1 <= parts.shift <= 31
    terms = (first * parts.left_multiplier, second * parts.right_multiplier, parts.offset)
    for partial in (terms[0] + terms[1], terms[0] + terms[2], terms[1] + terms[2], sum(terms)):
        assert -(2**31) <= partial < 2**31
    exact = (Fraction(left.scale) * (first - left.zero_point) + Fraction(right.scale) * (second - right.zero_point)) / (
        Fraction(target.scale)
    )
    multiplier_error = Fraction(255, 2**parts.shift)
    assert abs((sum(terms) >> parts.shift) - exact) <= HALF + multiplier_error


def test_sum_of_far_larger_scales_is_refused():
    with pytest.raises(QuantizationError, match="cannot be held"):
        add_arithmetic(Quantization(2.0**22, 0), Quantization(1.0, 0), Quantization(1.0, 0))


@given(quantizations, quantizations, st.integers(1, 4096), st.data())
def test_mean_stays_in_int64_and_is_rounded_once(source, target, count, data):
    total = data.draw(st.integers(-128 * count, 127 * count))
    if source.scale / target.scale >= 2**28:
        return
    parts = rescale(source, target, count)
    value = total * parts.multiplier + parts.offset
    assert -(2**63) <= value < 2**63 and -(2**63) <= parts.offset < 2**63 and 0 <= parts.multiplier < 2**31
    ratio = Fraction(parts.multiplier, 2**parts.shift)
    assert value >> parts.shift == rounded((total - source.zero_point * count) * ratio)
    exact = Fraction(source.scale) / Fraction(target.scale) / count
    assert abs(ratio - exact) <= max(exact / 2**30, Fraction(1, 2**62))


def weights_of(weight, bias):
    return FloatWeights(np.asarray(weight, np.float32).reshape(len(bias), 1, 1, -1), np.asarray(bias, np.float32))


@given(st.integers(0, 2**32 - 1), quantizations, zero_points)
def test_accumulator_is_the_real_sum_within_half_a_weight_step_each(seed, source, zero_point):
    random = np.random.default_rng(seed)
    floats = weights_of(random.normal(size=(3, 7)), random.normal(size=3))
    target = Quantization(float(np.float32(source.scale * 7 + 0.1)), zero_point)
    found = integer_weights(floats, 0, source, target)
    inputs = random.integers(-128, 128, 7)
    accumulated = found.bias.astype(np.int64) + found.weight.reshape(3, 7).astype(np.int64) @ inputs
    real = floats.bias + floats.weight.reshape(3, 7).astype(np.float64) @ (source.scale * (inputs - source.zero_point))
    step = source.scale * found.weight_scale
    allowed = step * (0.5 * np.abs(inputs - source.zero_point).sum() + 1)
    assert (np.abs(accumulated * step - real) <= allowed).all()
    assert np.abs(found.weight.astype(int)).max() <= 127


def test_channel_without_weights_still_gives_its_bias():
    source, target = Quantization(0.02, -128), Quantization(0.05, -128)
    found = integer_weights(weights_of(np.zeros((3, 4)), [1.0, 0.0, -2.0]), 0, source, target)
    outputs = (found.bias.astype(object) * found.multiplier + 2 ** (found.shift.astype(object) - 1)) >> found.shift
    assert outputs.tolist() == [20, 0, -40]
    assert not found.weight.any()


def test_tiny_weights_beside_a_large_bias_keep_the_bias():
    source, target = Quantization(0.02, 3), Quantization(0.05, 0)
    found = integer_weights(weights_of([[1e-25, -1e-25]], [3.0]), 0, source, target)
    value = (int(found.bias[0]) * int(found.multiplier[0]) + 2 ** (int(found.shift[0]) - 1)) >> int(found.shift[0])
    assert value == 60


def test_weights_too_large_for_the_output_are_cut_in_their_own_channel_only():
    source, target = Quantization(0.02, -128), Quantization(0.02, -128)
    alone = integer_weights(weights_of([[0.5, -0.25]], [0.1]), 0, source, target)
    beside = integer_weights(weights_of([[0.5, -0.25], [400.0, 1.0]], [0.1, 0.0]), 0, source, target)
    assert np.array_equal(beside.weight[0], alone.weight[0]) and beside.bias[0] == alone.bias[0]
    assert beside.weight[1, 0, 0, 0] == 127 and beside.shift[1] == 32


def test_bias_beyond_int32_saturates_where_the_output_saturates_anyway():
    source, target = Quantization(1e-4, 0), Quantization(1e-4, 0)
    found = integer_weights(weights_of([[1.0]], [-1e6]), 0, source, target)
    assert found.bias[0] == -(2**29)
    assert (int(found.bias[0]) * int(found.multiplier[0])) >> int(found.shift[0]) < -256


def test_layer_whose_sum_could_leave_int32_is_refused():
    with pytest.raises(QuantizationError, match=r"2\^30"):
        integer_weights(weights_of(np.ones((1, 70_000)), [0.0]), 0, Quantization(0.01, 127), Quantization(9.0, 0))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(bad):
    with pytest.raises(QuantizationError, match="finite"):
        integer_weights(weights_of([[bad]], [0.0]), 0, Quantization(0.01, 0), Quantization(0.01, 0))
