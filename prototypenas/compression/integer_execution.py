"""An integer-stage graph run in PyTorch on any device, element for element what the simulator gives.

Products are summed as matrix products in float64, which is exact: no accumulator leaves int32, far below 2^53. On a
CPU, float32 will do where every partial sum stays below 2^24; elsewhere it could be TF32 with shorter sums.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from prototypenas.compression.integer_kernels import exact_float
from prototypenas.compression.quantization import quantization
from prototypenas.compression.ranges import activation_of
from prototypenas.errors import QuantizationError
from prototypenas.graph.graph import (
    INT8_MAX,
    INT8_MIN,
    Add,
    AveragePool2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    Graph,
    IntegerWeights,
    MaxPool2d,
    Operator,
    Requantize,
    Rescale,
    UpsampleNearest,
    Window,
    low_bound,
)


@dataclass(frozen=True, eq=False)
class _Constants:
    weight: Tensor
    """Dense `(K, C_out)` in `(C_in, K_h, K_w)` order, linear in `(H, W, C)` order; depthwise `(K, C)`."""
    bias: Tensor
    multiplier: Tensor
    rounding: Tensor
    shift: Tensor


class IntegerExecution:
    """The graph with its constants on one device.

    Raises:
        QuantizationError: if the graph is not at the integer stage.
    """

    def __init__(self, graph: Graph, device: torch.device | str) -> None:
        self.graph = graph
        self.zero_points = {name: quantization(graph, name).zero_point for name in graph.tensors}
        self._constants = {
            operator.output: _constants(operator, device)
            for operator in graph.operators
            if isinstance(operator, Conv2d | DepthwiseConv2d | FullyConnected)
        }

    def quantize(self, inputs: Tensor) -> Tensor:
        """Give float maps `(N, C, H, W)` as int8, as ONNX's QuantizeLinear does."""
        found = quantization(self.graph, self.graph.input)
        scale = torch.tensor(found.scale, dtype=torch.float32, device=inputs.device)
        return ((inputs.float() / scale).round() + found.zero_point).clamp(INT8_MIN, INT8_MAX).to(torch.int8)

    def dequantize(self, tensor: str, values: Tensor) -> Tensor:
        """Give one tensor's integers as real numbers."""
        found = quantization(self.graph, tensor)
        return (values.float() - found.zero_point) * torch.tensor(
            found.scale, dtype=torch.float32, device=values.device
        )

    def run(self, inputs: Tensor) -> dict[str, Tensor]:
        """Give every tensor by name, int8 `(N, C, H, W)`, for quantized inputs of that form."""
        tensors = {self.graph.input: inputs}
        for operator in self.graph.operators:
            tensors[operator.output] = self._run(operator, [tensors[name] for name in operator.inputs])
        return tensors

    def _run(self, operator: Operator, inputs: Sequence[Tensor]) -> Tensor:
        match operator:
            case Conv2d() | DepthwiseConv2d() | FullyConnected():
                return self._weighted(operator, inputs[0])
            case Add(arithmetic=parts) if parts is not None:
                total = inputs[0].int() * parts.left_multiplier + inputs[1].int() * parts.right_multiplier
                return self._narrowed(operator, (total + parts.offset) >> parts.shift)
            case AveragePool2d(window=window, arithmetic=parts) if parts is not None:
                total = sum(_taps(inputs[0].long(), window, 0), torch.tensor(0))
                return self._narrowed(operator, _rescaled(total, parts))
            case Requantize(arithmetic=parts) if parts is not None:
                return self._narrowed(operator, _rescaled(inputs[0].long(), parts))
            case MaxPool2d(window=window):
                return torch.stack(_taps(inputs[0], window, INT8_MIN)).amax(dim=0)
            case Concat():
                return torch.cat(list(inputs), dim=1)
            case UpsampleNearest(factor=factor):
                return inputs[0].repeat_interleave(factor, dim=2).repeat_interleave(factor, dim=3)
        raise QuantizationError(f"{operator.name}: {type(operator).__name__} holds no integer arithmetic")

    def _weighted(self, operator: Conv2d | DepthwiseConv2d | FullyConnected, inputs: Tensor) -> Tensor:
        constants = self._constants[operator.output]
        if isinstance(operator, FullyConnected):
            flat = inputs.permute(0, 2, 3, 1).flatten(1).to(constants.weight.dtype)
            total = (flat @ constants.weight)[:, :, None, None]
        elif isinstance(operator, Conv2d):
            total = _convolved(inputs, operator.window, constants.weight, self.zero_points[operator.inputs[0]])
        else:
            source = inputs.to(constants.weight.dtype)
            taps = _taps(source, operator.window, self.zero_points[operator.inputs[0]])
            total = torch.zeros_like(taps[0], dtype=constants.weight.dtype)
            for tap, weight in zip(taps, constants.weight[:, :, None, None], strict=True):
                total.addcmul_(tap, weight)
        accumulated = total.long().add_(constants.bias).mul_(constants.multiplier).add_(constants.rounding)
        return self._narrowed(operator, accumulated.bitwise_right_shift_(constants.shift))

    def _narrowed(self, operator: Operator, values: Tensor) -> Tensor:
        zero_point = self.zero_points[operator.output]
        low = low_bound(activation_of(operator), zero_point)
        return values.add_(zero_point).clamp_(low, INT8_MAX).to(torch.int8)


def _constants(operator: Conv2d | DepthwiseConv2d | FullyConnected, device: torch.device | str) -> _Constants:
    weights = operator.weights
    if not isinstance(weights, IntegerWeights):
        raise QuantizationError(f"{operator.name}: no integer weights; the graph must be at the integer stage")
    weight = weights.weight
    if isinstance(operator, Conv2d):
        matrix = weight.transpose(3, 1, 2, 0).reshape(-1, len(weights.bias))
    elif isinstance(operator, DepthwiseConv2d):
        matrix = weight.reshape(-1, len(weights.bias))
    else:
        matrix = weight.reshape(len(weights.bias), -1).T
    rounding = np.int64(1) << (weights.shift.astype(np.int64) - 1)
    by_channel = [weights.bias, weights.multiplier, rounding, weights.shift]
    constants = (torch.from_numpy(part.astype(np.int64))[:, None, None].to(device) for part in by_channel)
    exact = exact_float(matrix.T) if torch.device(device).type == "cpu" else np.dtype(np.float64)
    return _Constants(torch.from_numpy(matrix.astype(exact)).to(device), *constants)


def _convolved(inputs: Tensor, window: Window, weight: Tensor, zero_point: int) -> Tensor:
    padded = _padded(inputs, window, zero_point).to(weight.dtype)
    rows, columns = _output_size(padded, window)
    patches = F.unfold(padded, window.kernel, stride=window.stride)
    return (weight.T @ patches).reshape(len(inputs), -1, rows, columns)


def _rescaled(total: Tensor, parts: Rescale) -> Tensor:
    return (total * parts.multiplier + parts.offset) >> parts.shift


def _padded(inputs: Tensor, window: Window, value: int) -> Tensor:
    top, left, bottom, right = window.padding
    return F.pad(inputs, (left, right, top, bottom), value=value) if any(window.padding) else inputs


def _output_size(padded: Tensor, window: Window) -> tuple[int, int]:
    (height, width), (down, right) = window.kernel, window.stride
    return (padded.shape[2] - height) // down + 1, (padded.shape[3] - width) // right + 1


def _taps(inputs: Tensor, window: Window, padding_value: int) -> list[Tensor]:
    padded = _padded(inputs, window, padding_value)
    rows, columns = _output_size(padded, window)
    (height, width), (down, right) = window.kernel, window.stride
    return [
        padded[:, :, y : y + (rows - 1) * down + 1 : down, x : x + (columns - 1) * right + 1 : right]
        for y in range(height)
        for x in range(width)
    ]
