"""A float-stage graph run in PyTorch: differentiable, every intermediate tensor by name.

Tensors are `(N, C, H, W)` inside, whatever the input: a series has height 1, a flat vector height = width = 1.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from prototypenas.errors import QuantizationError
from prototypenas.graph.graph import Graph
from prototypenas.graph.weighted import TorchWeights, Weighted
from prototypenas.types import InputShape

TorchWeightsByTensor = Mapping[str, TorchWeights]
"""Weights by the name of the tensor their operator writes, which is unique."""


def execute(graph: Graph, inputs: Tensor, *, weights: TorchWeightsByTensor | None = None) -> dict[str, Tensor]:
    """Return every tensor of the graph by name, `(N, C, H, W)`, for inputs `(N, *graph.input_shape)`.

    Raises:
        QuantizationError: if the graph holds no float weights.
    """
    weights = float_weights(graph, inputs.device) if weights is None else weights
    tensors = {graph.input: as_map(inputs, graph.input_shape)}
    for operator in graph.operators:
        sources = [tensors[name] for name in operator.inputs]
        tensors[operator.output] = operator.run(sources, weights.get(operator.output))
    return tensors


def float_outputs(graph: Graph, inputs: Tensor) -> tuple[Tensor, ...]:
    """Return the graph's outputs in the shape the PyTorch module gives them."""
    tensors = execute(graph, inputs)
    return tuple(from_map(tensors[name], graph) for name in graph.outputs)


def as_map(inputs: Tensor, input_shape: InputShape) -> Tensor:
    """Return inputs `(N, *input_shape)` as `(N, C, H, W)`.

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
    """Return one output `(N, C, H, W)` as a module would: a single 1 x 1 map as `(N, C)`, a series as `(N, C, T)`."""
    if len(graph.outputs) == 1 and values.shape[2:] == (1, 1):
        return values[:, :, 0, 0]
    return values[:, :, 0, :] if len(graph.input_shape) == 2 else values


def float_weights(graph: Graph, device: torch.device | str = "cpu") -> dict[str, TorchWeights]:
    """Return the graph's weights as PyTorch lays them out, by output tensor.

    Raises:
        QuantizationError: if an operator holds no float weights.
    """
    return {
        operator.output: operator.float_weights(device)
        for operator in graph.operators
        if isinstance(operator, Weighted)
    }
