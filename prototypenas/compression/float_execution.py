"""A float-stage graph run in PyTorch: differentiable, every intermediate tensor by name.

Tensors are `(N, C, H, W)` inside, whatever the input: a series has height 1, a flat vector height = width = 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from prototypenas.errors import QuantizationError
from prototypenas.graph.graph import (
    Activation,
    Add,
    AveragePool2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    FloatWeights,
    FullyConnected,
    Graph,
    MaxPool2d,
    Operator,
    Requantize,
    UpsampleNearest,
    Window,
)
from prototypenas.types import InputShape

WeightedOperator = Conv2d | DepthwiseConv2d | FullyConnected


@dataclass(frozen=True, eq=False)
class TorchWeights:
    """Weights in PyTorch's layout: `(C_out, C_in, K_h, K_w)`, depthwise `(C, 1, K_h, K_w)`, linear `(C_out, K)`."""

    weight: Tensor
    bias: Tensor


TorchWeightsByTensor = Mapping[str, TorchWeights]
"""Weights by the name of the tensor their operator writes, which is unique."""


def execute(graph: Graph, inputs: Tensor, *, weights: TorchWeightsByTensor | None = None) -> dict[str, Tensor]:
    """Give every tensor of the graph by name, `(N, C, H, W)`, for inputs `(N, *graph.input_shape)`.

    Raises:
        QuantizationError: if the graph holds no float weights.
    """
    weights = float_weights(graph, inputs.device) if weights is None else weights
    tensors = {graph.input: as_map(inputs, graph.input_shape)}
    for operator in graph.operators:
        sources = [tensors[name] for name in operator.inputs]
        tensors[operator.output] = run_operator(operator, sources, weights.get(operator.output))
    return tensors


def float_outputs(graph: Graph, inputs: Tensor) -> tuple[Tensor, ...]:
    """Give the graph's outputs in the shape the PyTorch module gives them."""
    tensors = execute(graph, inputs)
    return tuple(from_map(tensors[name], graph) for name in graph.outputs)


def as_map(inputs: Tensor, input_shape: InputShape) -> Tensor:
    """Give inputs `(N, *input_shape)` as `(N, C, H, W)`.

    Raises:
        QuantizationError: if the inputs have another shape.
    """
    if tuple(inputs.shape[1:]) != tuple(input_shape):
        raise QuantizationError(
            f"inputs are {tuple(inputs.shape)}; the graph wants (N, {', '.join(map(str, input_shape))})"
        )
    if len(input_shape) == 2:
        return inputs[:, :, None, :]
    return inputs if len(input_shape) == 3 else inputs.reshape(inputs.shape[0], -1, 1, 1)


def from_map(values: Tensor, graph: Graph) -> Tensor:
    """Give one output `(N, C, H, W)` as a module would: a single 1 x 1 map as `(N, C)`, a series as `(N, C, T)`."""
    if len(graph.outputs) == 1 and values.shape[2:] == (1, 1):
        return values[:, :, 0, 0]
    return values[:, :, 0, :] if len(graph.input_shape) == 2 else values


def float_weights(graph: Graph, device: torch.device | str = "cpu") -> dict[str, TorchWeights]:
    """Give the graph's weights as PyTorch lays them out, by output tensor.

    Raises:
        QuantizationError: if an operator holds no float weights.
    """
    return {
        operator.output: _to_torch(operator, device)
        for operator in graph.operators
        if isinstance(operator, WeightedOperator)
    }


def graph_weight(operator: WeightedOperator, weight: Tensor) -> NDArray[np.float32]:
    """Give a weight in PyTorch's layout in the graph's layout."""
    array = weight.detach().to("cpu", torch.float32).numpy()
    if isinstance(operator, DepthwiseConv2d):
        return np.ascontiguousarray(array[:, 0].transpose(1, 2, 0))
    if isinstance(operator, FullyConnected):
        return array.reshape(operator.out_features, 1, 1, operator.in_features).copy()
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1))


def run_operator(operator: Operator, inputs: Sequence[Tensor], weights: TorchWeights | None) -> Tensor:
    """Give one operator's output in floating point, its rectifier applied."""
    match operator:
        case Conv2d() | DepthwiseConv2d() | FullyConnected():
            assert weights is not None
            return _rectified(_run_weighted(operator, inputs[0], weights), operator.activation)
        case Add():
            return _rectified(inputs[0] + inputs[1], operator.activation)
        case AveragePool2d(window=window):
            return _rectified(F.avg_pool2d(inputs[0], window.kernel, window.stride), operator.activation)
        case Requantize():
            return _rectified(inputs[0], operator.activation)
        case MaxPool2d(window=window):
            padded = _padded(inputs[0], window, float("-inf"))
            return F.max_pool2d(padded, window.kernel, window.stride)
        case Concat():
            return torch.cat(list(inputs), dim=1)
        case UpsampleNearest(factor=factor):
            return inputs[0].repeat_interleave(factor, dim=2).repeat_interleave(factor, dim=3)
    raise QuantizationError(f"{operator.name}: no arithmetic for operator {type(operator).__name__}")


def _run_weighted(operator: WeightedOperator, inputs: Tensor, weights: TorchWeights) -> Tensor:
    if isinstance(operator, FullyConnected):
        flat = inputs.permute(0, 2, 3, 1).flatten(1)
        return F.linear(flat, weights.weight, weights.bias)[:, :, None, None]
    top, left, bottom, right = operator.window.padding
    groups = operator.channels if isinstance(operator, DepthwiseConv2d) else 1
    symmetric = top == bottom and left == right
    padded = inputs if symmetric else _padded(inputs, operator.window, 0.0)
    padding = (top, left) if symmetric else (0, 0)
    return F.conv2d(padded, weights.weight, weights.bias, operator.window.stride, padding, groups=groups)


def _padded(inputs: Tensor, window: Window, value: float) -> Tensor:
    top, left, bottom, right = window.padding
    return F.pad(inputs, (left, right, top, bottom), value=value) if any(window.padding) else inputs


def _rectified(values: Tensor, activation: Activation) -> Tensor:
    if activation is Activation.RELU:
        return values.relu()
    return F.relu6(values) if activation is Activation.RELU6 else values


def _to_torch(operator: WeightedOperator, device: torch.device | str) -> TorchWeights:
    if not isinstance(operator.weights, FloatWeights):
        raise QuantizationError(f"{operator.name}: no float weights; the graph must be at the float stage")
    weight = torch.from_numpy(np.array(operator.weights.weight, dtype=np.float32))
    bias = torch.from_numpy(np.array(operator.weights.bias, dtype=np.float32))
    if isinstance(operator, DepthwiseConv2d):
        weight = weight.permute(2, 0, 1)[:, None]
    elif isinstance(operator, FullyConnected):
        weight = weight.flatten(1)
    else:
        weight = weight.permute(0, 3, 1, 2)
    return TorchWeights(weight.contiguous().to(device), bias.to(device))
