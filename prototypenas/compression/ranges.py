"""Ranges of the activation tensors, which tensors must share one, and the int8 scale each range gives."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from prototypenas.errors import QuantizationError
from prototypenas.graph.graph import Graph
from prototypenas.graph.tensors import INT8_MAX, INT8_MIN, Activation, Quantization

LEAST_WIDTH = 1e-6
"""A narrower range comes from a tensor that was constantly zero; it is widened to `[0, 1]`."""

RELU6_END = 6.0


@dataclass(frozen=True)
class Range:
    """Smallest and largest real value a tensor is meant to hold."""

    lower: float
    upper: float


Ranges = Mapping[str, Range]
"""Ranges by tensor name."""


def shared_groups(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """Return all tensors in groups that share one quantization, in order of first appearance.

    Concatenation, max pooling and upsampling copy bytes: their inputs and output share.
    """
    leader = {name: name for name in _tensor_order(graph)}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for operator in graph.operators:
        if operator.copies_bytes:
            for name in operator.inputs:
                leader[find(operator.output)] = find(name)
    groups: dict[str, list[str]] = {}
    for name in leader:
        groups.setdefault(find(name), []).append(name)
    return tuple(tuple(group) for group in groups.values())


def join_ranges(graph: Graph, ranges: Ranges) -> dict[str, Range]:
    """Return each tensor the range of its group: with 0 in it, never of zero width, ending at 6 behind a ReLU6.

    Ends are float32 values, as training holds them, so that joining again changes nothing.
    A ReLU6 in a group cuts the whole group at 6: no other bound is left once its int8 values saturate.

    Raises:
        QuantizationError: if a tensor's range is missing, not finite or reversed.
    """
    activations = {operator.output: operator.fused for operator in graph.operators}
    joined: dict[str, Range] = {}
    for group in shared_groups(graph):
        members = [_checked(name, ranges) for name in group]
        rectified = [activations.get(name, Activation.NONE) for name in group]
        common = _common_range(members, capped=Activation.RELU6 in rectified)
        joined.update(dict.fromkeys(group, common))
    return joined


def quantization_of(limits: Range) -> Quantization:
    """Return the affine int8 quantization of a joined range; 0.0 is exactly representable.

    The scale is a float32, because ONNX and C hold it as one.
    """
    scale = float(np.float32((limits.upper - limits.lower) / (INT8_MAX - INT8_MIN)))
    zero_point = round(INT8_MIN - limits.lower / scale)
    return Quantization(scale, max(INT8_MIN, min(INT8_MAX, zero_point)))


def _tensor_order(graph: Graph) -> tuple[str, ...]:
    return (graph.input, *(operator.output for operator in graph.operators))


def _checked(name: str, ranges: Ranges) -> Range:
    if name not in ranges:
        raise QuantizationError(f"tensor {name} has no range; calibrate the graph first")
    limits = ranges[name]
    if not (math.isfinite(limits.lower) and math.isfinite(limits.upper) and limits.lower <= limits.upper):
        raise QuantizationError(f"tensor {name} has the range [{limits.lower}, {limits.upper}]; it must be finite")
    return limits


def _common_range(members: list[Range], *, capped: bool) -> Range:
    lower = float(np.float32(min(0.0, *(limits.lower for limits in members))))
    upper = float(np.float32(max(0.0, *(limits.upper for limits in members))))
    if capped:
        upper = min(upper, RELU6_END)
    return Range(lower, upper) if upper - lower >= LEAST_WIDTH else Range(0.0, 1.0)
