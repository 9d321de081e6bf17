"""Each operator's integer arithmetic in numpy, over a batch of int8 maps `(N, H, W, C)`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from prototypenas.compression.ranges import activation_of
from prototypenas.errors import QuantizationError
from prototypenas.graph.graph import (
    INT8_MAX,
    INT8_MIN,
    Add,
    AddArithmetic,
    AveragePool2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    IntegerWeights,
    MaxPool2d,
    Operator,
    Requantize,
    Rescale,
    TensorSpec,
    UpsampleNearest,
    Window,
    low_bound,
)

Map = NDArray[np.int8]

BLOCK_ELEMENTS = 2**17
"""Elements worked on at a time, so that they stay in the cache."""

EXACT_IN_FLOAT32 = 2**24
LARGEST_INPUT = 128


def run_integer_operator(operator: Operator, inputs: Sequence[Map], tensors: Mapping[str, TensorSpec]) -> Map:
    """Give one operator's int8 output `(N, H, W, C)`.

    Raises:
        QuantizationError: if the operator holds no integer parameters.
    """
    zero_points = [_zero_point(tensors[name]) for name in (*operator.inputs, operator.output)]
    target = zero_points[-1]
    low = low_bound(activation_of(operator), target)
    match operator:
        case Conv2d(window=window):
            return _convolved(inputs[0], window, _integers(operator), zero_points, low)
        case DepthwiseConv2d(window=window):
            return _filtered(inputs[0], window, _integers(operator), zero_points, low)
        case FullyConnected():
            flat = inputs[0].reshape(len(inputs[0]), 1, 1, operator.in_features)
            return _convolved(flat, POINT, _integers(operator), zero_points, low)
        case Add(arithmetic=arithmetic) if arithmetic is not None:
            return _narrowed(_added(inputs[0], inputs[1], arithmetic), target, low)
        case AveragePool2d(window=window, arithmetic=arithmetic) if arithmetic is not None:
            return _rescaled(_summed(inputs[0], window), arithmetic, target, low)
        case Requantize(arithmetic=arithmetic) if arithmetic is not None:
            return _rescaled(inputs[0].astype(np.int64), arithmetic, target, low)
        case MaxPool2d(window=window):
            return _largest(inputs[0], window)
        case Concat():
            return np.concatenate(inputs, axis=3)
        case UpsampleNearest(factor=factor):
            return inputs[0].repeat(factor, axis=1).repeat(factor, axis=2)
    raise QuantizationError(f"{operator.name}: {type(operator).__name__} holds no integer arithmetic")


POINT = Window((1, 1), (1, 1), (0, 0, 0, 0))


def _integers(operator: Conv2d | DepthwiseConv2d | FullyConnected) -> IntegerWeights:
    if not isinstance(operator.weights, IntegerWeights):
        raise QuantizationError(f"{operator.name}: no integer weights; the graph must be at the integer stage")
    return operator.weights


def _zero_point(spec: TensorSpec) -> int:
    if spec.quantization is None:
        raise QuantizationError(f"tensor {spec.name} has no quantization; the graph must be at the integer stage")
    return spec.quantization.zero_point


def _convolved(inputs: Map, window: Window, weights: IntegerWeights, zero_points: list[int], low: int) -> Map:
    matrix = weights.weight.reshape(len(weights.bias), -1)
    exact = exact_float(matrix)
    factors = matrix.astype(exact).T
    padded = _padded(inputs, window, zero_points[0])
    rows, columns = _output_size(padded, window)
    output = np.empty((len(inputs), rows, columns, len(weights.bias)), np.int8)
    block = max(1, BLOCK_ELEMENTS // (rows * columns * max(matrix.shape)))
    for start in range(0, len(inputs), block):
        patches = _patches(padded[start : start + block], window, exact)
        products = patches.reshape(-1, matrix.shape[1]) @ factors
        accumulated = products.astype(np.int64) + weights.bias
        narrow = _requantized(accumulated, weights, zero_points[-1], low)
        output[start : start + block] = narrow.reshape(-1, rows, columns, len(weights.bias))
    return output


def _filtered(inputs: Map, window: Window, weights: IntegerWeights, zero_points: list[int], low: int) -> Map:
    rows, columns = _output_size(_padded(inputs[:1], window, 0), window)
    output = np.empty((len(inputs), rows, columns, len(weights.bias)), np.int8)
    taps = weights.weight.reshape(-1, len(weights.bias)).astype(np.int32)
    block = max(1, BLOCK_ELEMENTS // (rows * columns * len(weights.bias)))
    for start in range(0, len(inputs), block):
        accumulated = np.broadcast_to(weights.bias, output[start : start + block].shape).copy()
        for tap, values in zip(taps, _taps(inputs[start : start + block], window, zero_points[0]), strict=True):
            accumulated += values * tap
        output[start : start + block] = _requantized(accumulated.astype(np.int64), weights, zero_points[-1], low)
    return output


def _added(left: Map, right: Map, arithmetic: AddArithmetic) -> NDArray[np.int32]:
    total = left.astype(np.int32) * np.int32(arithmetic.left_multiplier)
    total += right.astype(np.int32) * np.int32(arithmetic.right_multiplier)
    total += np.int32(arithmetic.offset)
    return total >> np.int32(arithmetic.shift)


def _summed(inputs: Map, window: Window) -> NDArray[np.int64]:
    taps = _taps(inputs, window, 0)
    total = np.zeros(taps[0].shape, np.int64)
    for tap in taps:
        total += tap
    return total


def exact_float(matrix: NDArray[np.int8]) -> np.dtype[Any]:
    """Give float32 where every partial sum of products stays below 2^24, so that none is rounded; else float64."""
    largest = LARGEST_INPUT * int(np.abs(matrix.astype(np.int64)).sum(axis=1).max())
    return np.dtype(np.float32 if largest < EXACT_IN_FLOAT32 else np.float64)


def _requantized(accumulated: NDArray[np.int64], weights: IntegerWeights, zero_point: int, low: int) -> Map:
    shift = weights.shift.astype(np.int64)
    accumulated *= weights.multiplier
    accumulated += np.int64(1) << (shift - 1)
    accumulated >>= shift
    return _narrowed(accumulated, zero_point, low)


def _rescaled(total: NDArray[np.int64], arithmetic: Rescale, zero_point: int, low: int) -> Map:
    return _narrowed((total * arithmetic.multiplier + arithmetic.offset) >> arithmetic.shift, zero_point, low)


def _narrowed(values: NDArray[np.int32] | NDArray[np.int64], zero_point: int, low: int) -> Map:
    values += values.dtype.type(zero_point)
    return np.clip(values, low, INT8_MAX, out=values).astype(np.int8)


def _largest(inputs: Map, window: Window) -> Map:
    taps = _taps(inputs, window, INT8_MIN)
    result = taps[0].copy()
    for tap in taps[1:]:
        np.maximum(result, tap, out=result)
    return result


def _padded(inputs: Map, window: Window, value: int) -> Map:
    top, left, bottom, right = window.padding
    if not any(window.padding):
        return inputs
    return np.pad(inputs, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=value)


def _output_size(padded: Map, window: Window) -> tuple[int, int]:
    (height, width), (down, right) = window.kernel, window.stride
    return (padded.shape[1] - height) // down + 1, (padded.shape[2] - width) // right + 1


def _patches(padded: Map, window: Window, kind: np.dtype[Any]) -> NDArray[Any]:
    down, right = window.stride
    if window.kernel == (1, 1):
        return np.ascontiguousarray(padded[:, ::down, ::right]).astype(kind)
    views = sliding_window_view(padded, window.kernel, (1, 2))[:, ::down, ::right]
    return np.ascontiguousarray(views.transpose(0, 1, 2, 4, 5, 3), dtype=kind)


def _taps(inputs: Map, window: Window, padding_value: int) -> list[Map]:
    """Give, for each position in the window, the input under it: views `(N, H_out, W_out, C)`."""
    padded = _padded(inputs, window, padding_value)
    rows, columns = _output_size(padded, window)
    (height, width), (down, right) = window.kernel, window.stride
    return [
        padded[:, y : y + (rows - 1) * down + 1 : down, x : x + (columns - 1) * right + 1 : right]
        for y in range(height)
        for x in range(width)
    ]
