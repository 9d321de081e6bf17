"""A float-stage graph and its ranges become integers: int8 weights by channel, int8 tensors, int32 biases."""

from dataclasses import replace

from prototypenas.compression.ranges import Ranges, join_ranges, quantization_of
from prototypenas.errors import QuantizationError
from prototypenas.graph.graph import Graph, IntegerGraph
from prototypenas.graph.operator import Operator
from prototypenas.graph.tensors import Quantization


def quantize(graph: Graph, ranges: Ranges) -> IntegerGraph:
    """Return the integer stage of a float-stage graph.

    Ranges of tensors that share one are joined first, so observed ranges can be given as they are.

    Raises:
        QuantizationError: if a range is missing or not finite, or integer arithmetic cannot hold a layer.
    """
    quantizations = {name: quantization_of(limits) for name, limits in join_ranges(graph, ranges).items()}
    operators = tuple(_quantized(operator, quantizations) for operator in graph.operators)
    tensors = {name: replace(spec, quantization=quantizations[name]) for name, spec in graph.tensors.items()}
    return IntegerGraph(graph.input_shape, tensors, operators, graph.input, graph.outputs, graph.notes)


def _quantized(operator: Operator, quantizations: dict[str, Quantization]) -> Operator:
    try:
        return operator.quantized([quantizations[name] for name in operator.inputs], quantizations[operator.output])
    except QuantizationError as error:
        raise QuantizationError(f"{operator.name} ({operator.output}): {error}") from error
