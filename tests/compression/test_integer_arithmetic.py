"""The integer arithmetic of the operators against plain loops over Python integers, which cannot overflow or round."""

from itertools import product

import numpy as np
import pytest
import torch

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.integer_execution import IntegerExecution
from prototypenas.compression.quantization import quantize
from prototypenas.errors import QuantizationError
from prototypenas.graph.operators.add import Add
from prototypenas.graph.operators.average_pool2d import AveragePool2d
from prototypenas.graph.operators.concat import Concat
from prototypenas.graph.operators.conv2d import Conv2d
from prototypenas.graph.operators.depthwise_conv2d import DepthwiseConv2d
from prototypenas.graph.operators.fully_connected import FullyConnected
from prototypenas.graph.operators.max_pool2d import MaxPool2d
from prototypenas.graph.operators.requantize import Requantize
from prototypenas.graph.operators.upsample_nearest import UpsampleNearest
from prototypenas.graph.tensors import Activation
from prototypenas.graph.weighted import exact_float


class PlainLoops:
    """One operator of one sample, element by element."""

    def __init__(self, operator, inputs, tensors):
        self.operator = operator
        self.inputs = inputs
        self.target = tensors[operator.output]
        self.source_zero = tensors[operator.inputs[0]].quantization.zero_point
        self.target_zero = self.target.quantization.zero_point

    def run(self):
        shape = (self.target.height, self.target.width, self.target.channels)
        values = [self.element(*position) for position in product(*map(range, shape))]
        return np.array(values).reshape(shape)

    def element(self, y, x, c):
        operator, first = self.operator, self.inputs[0]
        match operator:
            case Conv2d():
                taps = [(v * int(w)) for v, w in self.products(y, x, operator.weights.weight[c], None)]
                return self.requantized(sum(taps), c)
            case DepthwiseConv2d():
                taps = [(v * int(w)) for v, w in self.products(y, x, operator.weights.weight[:, :, c], c)]
                return self.requantized(sum(taps), c)
            case FullyConnected():
                flat = [int(value) for value in first.reshape(-1)]
                taps = [v * int(w) for v, w in zip(flat, operator.weights.weight[c].reshape(-1), strict=True)]
                return self.requantized(sum(taps), c)
            case Add(arithmetic=parts):
                left, right = int(first[y, x, c]), int(self.inputs[1][y, x, c])
                total = left * parts.left_multiplier + right * parts.right_multiplier + parts.offset
                return self.clamped(total >> parts.shift)
            case Requantize(arithmetic=parts):
                return self.clamped((int(first[y, x, c]) * parts.multiplier + parts.offset) >> parts.shift)
            case AveragePool2d(arithmetic=parts):
                total = sum(value for value in self.window(y, x, c) if value is not None)
                return self.clamped((total * parts.multiplier + parts.offset) >> parts.shift)
            case MaxPool2d():
                return max(value for value in self.window(y, x, c) if value is not None)
            case Concat():
                return int(np.concatenate(self.inputs, axis=2)[y, x, c])
            case UpsampleNearest(factor=factor):
                return int(first[y // factor, x // factor, c])

    def window(self, y, x, c):
        """Return the input values under the window; None where it is padding."""
        window, source = self.operator.window, self.inputs[0]
        for ky, kx in product(range(window.kernel[0]), range(window.kernel[1])):
            row = y * window.stride[0] + ky - window.padding[0]
            column = x * window.stride[1] + kx - window.padding[1]
            inside = 0 <= row < source.shape[0] and 0 <= column < source.shape[1]
            yield int(source[row, column, c]) if inside else None

    def products(self, y, x, weight, channel):
        channels = range(self.inputs[0].shape[2]) if channel is None else [channel]
        for c in channels:
            filters = weight[:, :, c] if channel is None else weight
            for value, factor in zip(self.window(y, x, c), filters.reshape(-1), strict=True):
                yield (self.source_zero if value is None else value), factor

    def requantized(self, total, channel):
        weights = self.operator.weights
        multiplier, shift = int(weights.multiplier[channel]), int(weights.shift[channel])
        return self.clamped(((total + int(weights.bias[channel])) * multiplier + 2 ** (shift - 1)) >> shift)

    def clamped(self, value):
        low = -128 if self.operator.fused is Activation.NONE else self.target_zero
        return max(low, min(127, value + self.target_zero))


def run_integers(graph, operator, inputs):
    """One operator's output `(N, H, W, C)` for inputs of that form."""
    maps = [torch.from_numpy(values).permute(0, 3, 1, 2) for values in inputs]
    found = IntegerExecution(graph, "cpu").run_operator(graph.operators.index(operator), maps)
    return found.permute(0, 2, 3, 1).numpy()


def test_every_operator_equals_plain_loops(float_graph, data):
    graph = quantize(float_graph, calibrate(float_graph, [data(float_graph)]))
    random = np.random.default_rng(1)
    for operator in graph.operators:
        specs = [graph.tensors[name] for name in operator.inputs]
        inputs = [random.integers(-128, 128, (2, s.height, s.width, s.channels)).astype(np.int8) for s in specs]
        found = run_integers(graph, operator, inputs)
        assert found.dtype == np.int8
        for sample in range(2):
            expected = PlainLoops(operator, [values[sample] for values in inputs], graph.tensors).run()
            assert np.array_equal(found[sample], expected), operator.name


def test_random_graphs_equal_plain_loops_at_the_extremes(image_graphs, data):
    for seed in range(1, 4):
        real = image_graphs(seed)
        graph = quantize(real, calibrate(real, [data(real)]))
        for operator in graph.operators:
            specs = [graph.tensors[name] for name in operator.inputs]
            for value in (-128, 127):
                inputs = [np.full((1, s.height, s.width, s.channels), value, np.int8) for s in specs]
                expected = PlainLoops(operator, [values[0] for values in inputs], graph.tensors).run()
                assert np.array_equal(run_integers(graph, operator, inputs)[0], expected)


def test_float32_is_used_only_where_no_partial_sum_can_be_rounded():
    inside, outside = np.full((1, 1032), 127, np.int8), np.full((1, 1033), 127, np.int8)
    assert 128 * 127 * 1032 < 2**24 <= 128 * 127 * 1033
    assert exact_float(inside) == np.float32 and exact_float(outside) == np.float64


def test_wide_layer_is_exact_beyond_float32(builder):
    build = builder((4096, 1, 1), 0)
    real = build.graph(build.linear("y", "x", 3))
    graph = quantize(real, calibrate(real, [torch.randn(8, 4096, 1, 1)]))
    inputs = np.random.default_rng(0).choice(np.array([-128, 127], np.int8), (2, 1, 1, 4096))
    (operator,) = graph.operators
    found = run_integers(graph, operator, [inputs])
    assert np.array_equal(found[1], PlainLoops(operator, [inputs[1]], graph.tensors).run())


def test_float_stage_is_refused(float_graph):
    with pytest.raises(QuantizationError, match="quantize the graph first"):
        IntegerExecution(float_graph, "cpu")
