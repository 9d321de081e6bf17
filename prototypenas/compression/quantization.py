"""A float-stage graph and its ranges become integers: int8 weights by channel, int8 tensors, int32 biases."""

from dataclasses import replace

from prototypenas.compression.ranges import Ranges, join_ranges, quantization_of
from prototypenas.compression.requantization import add_arithmetic, integer_weights, rescale
from prototypenas.errors import QuantizationError
from prototypenas.graph.graph import (
    Add,
    AveragePool2d,
    Conv2d,
    DepthwiseConv2d,
    FloatWeights,
    FullyConnected,
    Graph,
    Operator,
    Quantization,
    Requantize,
)


def quantize(graph: Graph, ranges: Ranges) -> Graph:
    """Give the integer stage of a float-stage graph.

    Ranges of tensors that share one are joined first, so observed ranges can be given as they are.

    Raises:
        QuantizationError: if a range is missing or not finite, or integer arithmetic cannot hold a layer.
    """
    quantizations = {name: quantization_of(limits) for name, limits in join_ranges(graph, ranges).items()}
    operators = tuple(_quantized(operator, quantizations) for operator in graph.operators)
    tensors = {name: replace(spec, quantization=quantizations[name]) for name, spec in graph.tensors.items()}
    return replace(graph, tensors=tensors, operators=operators)


def quantization(graph: Graph, tensor: str) -> Quantization:
    """Give one tensor's quantization.

    Raises:
        QuantizationError: if the graph is not at the integer stage.
    """
    found = graph.tensors[tensor].quantization
    if found is None:
        raise QuantizationError(f"tensor {tensor} has no quantization; the graph must be at the integer stage")
    return found


def _quantized(operator: Operator, quantizations: dict[str, Quantization]) -> Operator:
    sources, target = [quantizations[name] for name in operator.inputs], quantizations[operator.output]
    try:
        match operator:
            case Conv2d() | FullyConnected() | DepthwiseConv2d():
                axis = 2 if isinstance(operator, DepthwiseConv2d) else 0
                return replace(operator, weights=integer_weights(_floats(operator), axis, sources[0], target))
            case Add():
                return replace(operator, arithmetic=add_arithmetic(sources[0], sources[1], target))
            case AveragePool2d(window=window):
                count = window.kernel[0] * window.kernel[1]
                return replace(operator, arithmetic=rescale(sources[0], target, count))
            case Requantize():
                return replace(operator, arithmetic=rescale(sources[0], target))
            case _:
                return operator
    except QuantizationError as error:
        raise QuantizationError(f"{operator.name} ({operator.output}): {error}") from error


def _floats(operator: Conv2d | DepthwiseConv2d | FullyConnected) -> FloatWeights:
    if not isinstance(operator.weights, FloatWeights):
        raise QuantizationError("no float weights; the graph must be at the float stage")
    return operator.weights
