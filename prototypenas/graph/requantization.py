"""Integer parameters of each operator from real scales: multipliers, shifts, offsets and their int32 bounds.

The scheme is that of Jacob et al. (2018): `real = scale * (integer - zero point)`, weights symmetric by channel, and a
real factor between scales held as `multiplier / 2^shift`. The invariant of every function here: whatever int8 inputs
come, no sum or product that a kernel forms with these numbers leaves its accumulator, so that simulator and C, which
add in different orders, agree in every bit.
"""

import math

import numpy as np
from numpy.typing import NDArray

from prototypenas.errors import QuantizationError
from prototypenas.graph.tensors import AddArithmetic, FloatWeights, IntegerWeights, Quantization, Rescale

WEIGHT_LIMIT = 127
LARGEST_BIAS = 2**29
LARGEST_ACCUMULATOR = 2**30 - 1
"""The C kernels double the accumulator before they multiply it, which must stay within int32."""
LEAST_SHIFT, GREATEST_SHIFT = 32, 62

LARGEST_REAL_MULTIPLIER = 0.49
"""Above 0.5 the shift would fall below 32. Then a weight of 127 moves the output by 62 steps for one step of the
input: the channel's largest weights are cut instead, which changes nothing where the input is constantly zero."""

LEAST_REAL_MULTIPLIER = 2.0**-31
"""Below it no sum of products reaches half an output step; the shift stays within 62."""

ADD_MULTIPLIER_BITS = 21
GREATEST_ADD_SHIFT = 31


def weight_scales(weights: FloatWeights, channel_axis: int, source: float, target: float) -> NDArray[np.float64]:
    """Return the real weight step of each output channel: largest weight at 127, bias within `2^29`.

    `source` and `target` are the scales of the input and output tensors. The steps are float32 values.
    """
    weight = np.moveaxis(weights.weight, channel_axis, 0).reshape(weights.bias.size, -1)
    steps = np.maximum(
        np.abs(weight).max(axis=1).astype(np.float64) / WEIGHT_LIMIT,
        np.abs(weights.bias).astype(np.float64) / (source * LARGEST_BIAS),
    )
    least, largest = LEAST_REAL_MULTIPLIER * target / source, LARGEST_REAL_MULTIPLIER * target / source
    clipped: NDArray[np.float64] = np.clip(steps, least * (1 + 1e-6), largest).astype(np.float32).astype(np.float64)
    return clipped


def integer_weights(
    weights: FloatWeights, channel_axis: int, source: Quantization, target: Quantization
) -> IntegerWeights:
    """Quantize weights and bias, with the input's zero point folded into the bias.

    Raises:
        QuantizationError: if a weight is not finite, or the accumulator could leave what the kernels hold.
    """
    if not (np.isfinite(weights.weight).all() and np.isfinite(weights.bias).all()):
        raise QuantizationError("a weight or bias is not finite")
    steps = weight_scales(weights, channel_axis, source.scale, target.scale)
    by_channel = np.moveaxis(weights.weight, channel_axis, -1).astype(np.float64)
    rounded = np.clip(np.rint(by_channel / steps), -WEIGHT_LIMIT, WEIGHT_LIMIT).astype(np.int8)
    wide = rounded.reshape(-1, steps.size).astype(np.int64)
    bias = np.clip(np.rint(weights.bias / (source.scale * steps)), -LARGEST_BIAS, LARGEST_BIAS).astype(np.int64)
    # sum((x - zero) * w) = sum(x * w) - zero * sum(w): the last term is known now, so the kernel never subtracts.
    folded = bias - source.zero_point * wide.sum(axis=0)
    _check_accumulator(folded, wide)
    multiplier, shift = multipliers_and_shifts(source.scale * steps / target.scale)
    weight = np.ascontiguousarray(np.moveaxis(rounded, -1, channel_axis))
    return IntegerWeights(weight, steps, folded.astype(np.int32), multiplier, shift)


def multipliers_and_shifts(real: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Return `multiplier / 2^shift` nearest to each real multiplier, the multiplier in `[2^30, 2^31)`.

    Raises:
        QuantizationError: if a shift leaves 32..62, that is a multiplier outside `[2^-32, 0.5)`.
    """
    mantissa, exponent = np.frexp(real)
    multiplier = np.rint(np.ldexp(mantissa, 31)).astype(np.int64)
    shift = 31 - exponent.astype(np.int64)
    # A mantissa just below 1 rounds up to 2^31, which int32 does not hold: half of it with one shift less is the same.
    rounded_up = multiplier == 2**31
    multiplier = np.where(rounded_up, 2**30, multiplier)
    shift = np.where(rounded_up, shift - 1, shift)
    if shift.min() < LEAST_SHIFT or shift.max() > GREATEST_SHIFT:
        raise QuantizationError(f"real multipliers {real.min()}..{real.max()} leave [2^-32, 0.5)")
    return multiplier.astype(np.int32), shift.astype(np.uint8)


def add_arithmetic(left: Quantization, right: Quantization, target: Quantization) -> AddArithmetic:
    """Return the int32 arithmetic of a sum.

    Both multipliers stay below 2^21 and the shift at most 31, so that
    `255 * 2^21 * 2 + 2^30 < 2^31`: no partial sum leaves int32, in whatever order.

    Raises:
        QuantizationError: if an input's scale is 2^20 times the output's.
    """
    left_real, right_real = left.scale / target.scale, right.scale / target.scale
    exponent = math.frexp(max(left_real, right_real))[1]
    shift = min(ADD_MULTIPLIER_BITS - exponent, GREATEST_ADD_SHIFT)
    if round(math.ldexp(max(left_real, right_real), shift)) >= 2**ADD_MULTIPLIER_BITS:
        shift -= 1
    if shift < 1:
        raise QuantizationError(f"sum of scales {left.scale} and {right.scale} cannot be held at {target.scale}")
    first, second = round(math.ldexp(left_real, shift)), round(math.ldexp(right_real, shift))
    offset = 2 ** (shift - 1) - left.zero_point * first - right.zero_point * second
    return AddArithmetic(first, second, offset, shift)


def rescale(source: Quantization, target: Quantization, count: int = 1) -> Rescale:
    """Return the int64 arithmetic that takes the sum of `count` inputs to their mean at the output's scale.

    `|sum - zero point| * multiplier <= 255 * count * 2^31` and the rounding term is at most 2^61: within int64 for
    up to 2^23 inputs.

    Raises:
        QuantizationError: if more inputs are summed, or the scales are 2^29 apart.
    """
    if count >= 2**23:
        raise QuantizationError(f"a mean of {count} values; at most {2**23 - 1} fit int64")
    real = source.scale / (target.scale * count)
    shift = min(31 - math.frexp(real)[1], GREATEST_SHIFT)
    multiplier = round(math.ldexp(real, shift))
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift - 1
    if shift < 1:
        raise QuantizationError(f"a scale of {source.scale} cannot be held at {target.scale}")
    return Rescale(multiplier, 2 ** (shift - 1) - source.zero_point * count * multiplier, shift)


def _check_accumulator(bias: NDArray[np.int64], weight: NDArray[np.int64]) -> None:
    largest = int((np.abs(bias) + 128 * np.abs(weight).sum(axis=0)).max())
    if largest > LARGEST_ACCUMULATOR:
        raise QuantizationError(f"the accumulator could reach {largest}, beyond 2^30; the layer sums too many inputs")
