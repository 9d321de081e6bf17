"""A graph of the integer stage and its memory plan as the numbers of the C project: descriptors and constants."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prototypenas.costing.kernel_properties import kernel_of, kernels_in_use
from prototypenas.costing.memory_plan import MemoryPlan
from prototypenas.costing.row_layers import is_series, with_steps_as_rows
from prototypenas.errors import ConfigurationError
from prototypenas.graph.graph import IntegerGraph
from prototypenas.graph.operator import CLayer, Operator
from prototypenas.graph.tensors import IntegerWeights, low_bound

FIELD_RANGES: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(("input", "second", "output"), (0, 2**32 - 1)),
    **dict.fromkeys(("stride_height", "stride_width", "pad_top", "pad_left"), (0, 2**8 - 1)),
    "kernel": (0, 2**8 - 1),
    **dict.fromkeys(("in_zero_point", "out_zero_point", "low"), (-128, 127)),
}
"""What a field of `nn_descriptor` can hold; the others are uint16."""


@dataclass(frozen=True)
class Layer:
    """One descriptor: the operator it came from, its kernel, and the C fields that are not zero."""

    operator: str
    kernel: str
    arithmetic: tuple[str, tuple[int, ...]] | None
    """Member of the descriptor's union and its values."""
    fields: tuple[tuple[str, int], ...]


@dataclass(frozen=True, eq=False)
class ModelTables:
    """Everything constant of a model, in the order it lies in ROM."""

    layers: tuple[Layer, ...]
    kernels: tuple[str, ...]
    """The kernels in use, in the order of the model's table."""
    biases: NDArray[np.int32]
    multipliers: NDArray[np.int32]
    weights: NDArray[np.int8]
    """All layers', each padded to whole words."""
    shifts: NDArray[np.uint8]
    """Less 32."""


def model_tables(graph: IntegerGraph, plan: MemoryPlan) -> ModelTables:
    """Number a model's layers and constants.

    Raises:
        QuantizationError: if an operator holds no integers, or a sum could leave what the kernels hold.
        ConfigurationError: if a number does not fit the C descriptor.
    """
    kernels = tuple(sorted(kernels_in_use(graph, plan.written_in_place, plan.sums_offsets)))
    layers: list[Layer] = []
    channels: list[IntegerWeights] = []
    blobs: list[NDArray[np.int8]] = []
    for operator, run in _as_run(graph, plan):
        arithmetic = operator.c_arithmetic(sum(map(len, blobs)), sum(len(part.bias) for part in channels))
        for layer in operator.c_layers(run.tensors, plan.written_in_place):
            kernel = kernel_of(operator, layer, plan.sums_offsets)
            fields = _fields(operator, layer, run, plan) | {"kernel": kernels.index(kernel)}
            layers.append(Layer(operator.name, kernel, arithmetic, _checked(operator, fields)))
        constants, requantization = operator.c_constants(), operator.c_channels()
        if constants is not None:
            blobs.append(_padded(constants, operator.weight_bytes()))
        if requantization is not None:
            channels.append(requantization)
    return ModelTables(
        layers=tuple(layers),
        kernels=kernels,
        biases=_joined([part.bias for part in channels], np.int32),
        multipliers=_joined([part.multiplier for part in channels], np.int32),
        weights=_joined(blobs, np.int8),
        shifts=_joined([part.shift - np.uint8(32) for part in channels], np.uint8),
    )


@dataclass(frozen=True)
class BenchRow:
    """What is printed beside a layer's cycles."""

    name: str
    kernel: str
    macs: int
    outputs: int


def bench_rows(graph: IntegerGraph, layers: Sequence[Layer]) -> list[BenchRow]:
    """Return kernel, multiply-accumulates and outputs of each layer; an operator's products are those of its first."""
    macs = {operator.name: operator.macs(graph.tensors) for operator in graph.operators}
    rows = []
    for layer in layers:
        fields = dict(layer.fields)
        outputs = fields["out_height"] * fields["out_width"] * fields["out_channels"]
        rows.append(BenchRow(layer.operator.replace(",", " "), layer.kernel, macs.pop(layer.operator, 0), outputs))
    return rows


def _joined(parts: list[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.concatenate(parts).astype(kind) if parts else np.zeros(0, kind)


def _padded(values: NDArray[np.int8], size: int) -> NDArray[np.int8]:
    return np.concatenate([values, np.zeros(size - len(values), np.int8)])


def _fields(operator: Operator, layer: CLayer, graph: IntegerGraph, plan: MemoryPlan) -> dict[str, int]:
    target = graph.tensors[operator.output]
    zero_point = target.known_quantization.zero_point
    stride = plan.pixel_strides.get(target.name, target.channels)
    summed = operator.output in plan.sums_offsets
    second = plan.offsets[layer.inputs[1]] if len(layer.inputs) > 1 else 0
    return {
        "input": plan.offsets[layer.inputs[0]] + layer.input_start,
        "second": plan.sums_offsets[operator.output] if summed else second,
        "output": plan.offsets[target.name] + layer.output_start,
        "in_height": layer.source.height,
        "in_width": layer.source.width,
        "in_channels": layer.source.channels,
        # What is summed takes a step for each row of its input.
        "out_height": layer.source.height if summed else layer.target.height,
        "out_width": layer.target.width,
        "out_channels": layer.target.channels,
        "in_rows": _ring_rows(layer.inputs[0], graph, plan),
        "second_rows": _ring_rows(layer.inputs[1], graph, plan) if len(layer.inputs) > 1 else 0,
        "out_rows": _ring_rows(operator.output, graph, plan),
        "pixel_stride": stride if layer.pixel_stride is None else layer.pixel_stride,
        "in_zero_point": graph.tensors[layer.inputs[0]].known_quantization.zero_point,
        "out_zero_point": zero_point,
        "low": low_bound(operator.fused, zero_point),
        **(layer.fields or {}),
    }


def _ring_rows(name: str, graph: IntegerGraph, plan: MemoryPlan) -> int:
    """Return the rows of the ring a tensor lies in; a whole map is the ring of its height."""
    return plan.ring_rows.get(name, graph.tensors[name].height)


def _as_run(graph: IntegerGraph, plan: MemoryPlan) -> Iterator[tuple[Operator, IntegerGraph]]:
    """Return the operators in order, each with the graph whose rows it is run over: a series' are its time steps."""
    by_rows = {index for segment in plan.segments for index in range(segment.first, segment.end)}
    turned = with_steps_as_rows(graph) if is_series(graph) else graph
    for index in range(len(graph.operators)):
        found = turned if index in by_rows else graph
        yield found.operators[index], found


def _checked(operator: Operator, fields: dict[str, int]) -> tuple[tuple[str, int], ...]:
    for name, value in fields.items():
        low, high = FIELD_RANGES.get(name, (0, 2**16 - 1))
        if not low <= value <= high:
            raise ConfigurationError(f"{operator.name}: {name} is {value}; the C descriptor holds {low} to {high}")
    return tuple((name, value) for name, value in fields.items() if value != 0)
