"""Each C kernel against plain loops, over random shapes, under the address and undefined behaviour sanitizers."""

from fractions import Fraction
from itertools import product

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
from prototypenas.graph.tensors import Activation, low_bound

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
def test_kernels_equal_plain_loops(kind, harness, make_layer):
    rng = np.random.default_rng(7)
    layers = [make_layer(rng, kind) for _ in range(60)]
    for layer, output in zip(layers, harness.run(layers), strict=True):
        np.testing.assert_array_equal(output, by_plain_loops(layer), err_msg=str(layer.operator))


def by_plain_loops(layer):
    operator, tensors = layer.operator, layer.graph.tensors
    target = tensors[operator.output]
    zero_point = target.quantization.zero_point
    low = low_bound(getattr(operator, "activation", Activation.NONE), zero_point)
    output = np.zeros((target.height, target.width, target.channels), np.int8)
    for y, x, channel in product(*map(range, output.shape)):
        output[y, x, channel] = value_at(layer, (y, x, channel), zero_point, low)
    return output


def value_at(layer, at, zero_point, low):
    operator, first = layer.operator, layer.inputs[0]
    padding = layer.graph.tensors["in"].quantization.zero_point
    y, x, channel = at
    match operator:
        case Conv2d(window=window, weights=weights):
            total = int(weights.bias[channel])
            for ky, kx, k in product(*map(range, weights.weight.shape[1:])):
                total += read(first, window, at, (ky, kx, k), padding) * int(weights.weight[channel, ky, kx, k])
            return narrowed(total, weights, channel, zero_point, low)
        case DepthwiseConv2d(window=window, weights=weights):
            total = int(weights.bias[channel])
            for ky, kx in product(*map(range, window.kernel)):
                total += read(first, window, at, (ky, kx, channel), padding) * int(weights.weight[ky, kx, channel])
            return narrowed(total, weights, channel, zero_point, low)
        case FullyConnected(weights=weights):
            row = weights.weight[channel].reshape(-1)
            total = int(weights.bias[channel]) + sum(
                int(a) * int(b) for a, b in zip(row, first.reshape(-1), strict=True)
            )
            return narrowed(total, weights, channel, zero_point, low)
        case Add(arithmetic=add):
            total = int(first[at]) * add.left_multiplier + int(layer.inputs[1][at]) * add.right_multiplier
            return clamp(((total + add.offset) >> add.shift) + zero_point, low)
        case MaxPool2d(window=window):
            return max(read(first, window, at, (ky, kx, channel), -128) for ky, kx in taps(window))
        case AveragePool2d(window=window, arithmetic=rescale):
            total = sum(read(first, window, at, (ky, kx, channel), 0) for ky, kx in taps(window))
            return clamp(((total * rescale.multiplier + rescale.offset) >> rescale.shift) + zero_point, low)
        case InnerAveragePool2d(window=window, arithmetic=rescale):
            seen = [read(first, window, at, (ky, kx, channel), None) for ky, kx in taps(window)]
            inside = [value - padding for value in seen if value is not None]
            whole = Fraction(sum(inside) * len(seen), len(inside))
            total = int(abs(whole) + Fraction(1, 2)) * (1 if whole > 0 else -1) + len(seen) * padding
            return clamp(((total * rescale.multiplier + rescale.offset) >> rescale.shift) + zero_point, low)
        case Requantize(arithmetic=rescale):
            total = int(first[at])
            return clamp(((total * rescale.multiplier + rescale.offset) >> rescale.shift) + zero_point, low)
        case UpsampleNearest(factor=factor):
            return first[y // factor, x // factor, channel]


def read(values, window, at, tap, padding):
    y = at[0] * window.stride[0] - window.padding[0] + tap[0]
    x = at[1] * window.stride[1] - window.padding[1] + tap[1]
    inside = 0 <= y < values.shape[0] and 0 <= x < values.shape[1]
    return int(values[y, x, tap[2]]) if inside else padding


def taps(window):
    return product(range(window.kernel[0]), range(window.kernel[1]))


def narrowed(total, weights, channel, zero_point, low):
    shift = int(weights.shift[channel])
    return clamp(((total * int(weights.multiplier[channel]) + 2 ** (shift - 1)) >> shift) + zero_point, low)


def clamp(value, low):
    return max(low, min(127, value))
