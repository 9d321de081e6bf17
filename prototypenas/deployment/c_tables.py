"""A graph of the integer stage and its memory plan as the numbers of the C project: descriptors and constants."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prototypenas.costing.kernel_properties import Kernel, kernel_of, kernels_in_use, weight_bytes
from prototypenas.costing.memory_plan import MemoryPlan
from prototypenas.errors import ConfigurationError, QuantizationError
from prototypenas.graph.graph import (
    Activation,
    Add,
    AveragePool2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    Graph,
    IntegerWeights,
    Operator,
    Requantize,
    TensorSpec,
    UpsampleNearest,
    Window,
    low_bound,
)

LARGEST_ACCUMULATOR = 2**30 - 1
"""The kernels double the accumulator before they take the upper half of its product with the multiplier."""

FIELD_RANGES: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(("input", "second", "output"), (0, 2**32 - 1)),
    **dict.fromkeys(("stride_height", "stride_width", "pad_top", "pad_left", "kernel"), (0, 2**8 - 1)),
    **dict.fromkeys(("in_zero_point", "out_zero_point", "low"), (-128, 127)),
}
"""What a field of `nn_descriptor` can hold; the others are uint16."""

_POINT = Window((1, 1), (1, 1), (0, 0, 0, 0))


@dataclass(frozen=True)
class Layer:
    """One descriptor: the operator it came from, its kernel, and the C fields that are not zero."""

    operator: str
    kernel: Kernel
    arithmetic: tuple[str, tuple[int, ...]] | None
    """Member of the descriptor's union and its values."""
    fields: tuple[tuple[str, int], ...]


@dataclass(frozen=True, eq=False)
class ModelTables:
    """Everything constant of a model, in the order it lies in ROM."""

    layers: tuple[Layer, ...]
    kernels: tuple[Kernel, ...]
    """The kernels in use, in the order of the model's table."""
    biases: NDArray[np.int32]
    multipliers: NDArray[np.int32]
    weights: NDArray[np.int8]
    """All layers', each padded to whole words."""
    shifts: NDArray[np.uint8]
    """Less 32."""


def model_tables(graph: Graph, plan: MemoryPlan) -> ModelTables:
    """Number a model's layers and constants.

    Raises:
        QuantizationError: if an operator holds no integers, or a sum could leave what the kernels hold.
    """
    kernels = tuple(sorted(kernels_in_use(graph, plan.written_in_place), key=lambda kernel: list(Kernel).index(kernel)))
    layers: list[Layer] = []
    constants: list[IntegerWeights] = []
    blobs: list[NDArray[np.int8]] = []
    for operator in graph.operators:
        weights = getattr(operator, "weights", None)
        if isinstance(operator, Concat):
            layers += _copies(operator, graph, plan, kernels)
            continue
        position = (sum(map(len, blobs)), sum(len(part.bias) for part in constants))
        arithmetic = _arithmetic(operator, position)
        layers.append(_layer(operator, graph, plan, kernels=kernels, arithmetic=arithmetic))
        if isinstance(weights, IntegerWeights):
            _check_sums(operator, weights)
            constants.append(weights)
            blobs.append(_padded(weights.weight.reshape(-1), weight_bytes(operator)))
    return ModelTables(
        layers=tuple(layers),
        kernels=kernels,
        biases=_joined([part.bias for part in constants], np.int32),
        multipliers=_joined([part.multiplier for part in constants], np.int32),
        weights=_joined(blobs, np.int8),
        shifts=_joined([part.shift - np.uint8(32) for part in constants], np.uint8),
    )


def _joined(parts: list[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.concatenate(parts).astype(kind) if parts else np.zeros(0, kind)


def _padded(values: NDArray[np.int8], size: int) -> NDArray[np.int8]:
    return np.concatenate([values, np.zeros(size - len(values), np.int8)])


def _check_sums(operator: Operator, weights: IntegerWeights) -> None:
    axis = 2 if isinstance(operator, DepthwiseConv2d) else 0
    rows = np.abs(np.moveaxis(weights.weight, axis, 0).reshape(len(weights.bias), -1).astype(np.int64)).sum(axis=1)
    largest = int((np.abs(weights.bias.astype(np.int64)) + 128 * rows).max())
    if largest > LARGEST_ACCUMULATOR:
        raise QuantizationError(f"{operator.name}: a sum could reach {largest}; the kernels hold {LARGEST_ACCUMULATOR}")


def _arithmetic(operator: Operator, position: tuple[int, int]) -> tuple[str, tuple[int, ...]] | None:
    match operator:
        case Conv2d() | DepthwiseConv2d() | FullyConnected():
            if not isinstance(operator.weights, IntegerWeights):
                raise QuantizationError(f"{operator.name}: no integer weights; quantize the graph first")
            return "dense", position
        case Add(arithmetic=arithmetic):
            if arithmetic is None:
                raise QuantizationError(f"{operator.name}: no integer arithmetic; quantize the graph first")
            factors = arithmetic.left_multiplier, arithmetic.right_multiplier
            return "add", (*factors, arithmetic.offset, arithmetic.shift)
        case AveragePool2d(arithmetic=rescale) | Requantize(arithmetic=rescale):
            if rescale is None:
                raise QuantizationError(f"{operator.name}: no integer arithmetic; quantize the graph first")
            return "rescale", (rescale.multiplier, rescale.shift, rescale.offset & 0xFFFFFFFF, rescale.offset >> 32)
        case _:
            return None


def _layer(
    operator: Operator,
    graph: Graph,
    plan: MemoryPlan,
    *,
    kernels: tuple[Kernel, ...],
    arithmetic: tuple[str, tuple[int, ...]] | None,
) -> Layer:
    source, target = graph.tensors[operator.inputs[0]], graph.tensors[operator.output]
    second = plan.offsets[operator.inputs[1]] if len(operator.inputs) > 1 else 0
    low = low_bound(getattr(operator, "activation", Activation.NONE), _zero_point(target))
    fields = {
        "input": plan.offsets[source.name],
        "second": second,
        "output": plan.offsets[target.name],
        **_shapes(source, target),
        **_ring_rows(operator, graph),
        "pixel_stride": plan.pixel_strides.get(target.name, target.channels),
        **_window_fields(operator, target),
        "in_zero_point": _zero_point(source),
        "out_zero_point": _zero_point(target),
        "low": low,
    }
    kernel = kernel_of(operator)
    return Layer(operator.name, kernel, arithmetic, _checked(operator, {**fields, "kernel": kernels.index(kernel)}))


def _copies(operator: Concat, graph: Graph, plan: MemoryPlan, kernels: tuple[Kernel, ...]) -> list[Layer]:
    target, layers, channel = graph.tensors[operator.output], [], 0
    for name in operator.inputs:
        source = graph.tensors[name]
        if name not in plan.written_in_place:
            fields = {
                "input": plan.offsets[name],
                "output": plan.offsets[target.name] + channel,
                **_shapes(source, source),
                "in_rows": source.height,
                "out_rows": target.height,
                "pixel_stride": target.channels,
                "kernel": kernels.index(Kernel.COPY),
            }
            layers.append(Layer(operator.name, Kernel.COPY, None, _checked(operator, fields)))
        channel += source.channels
    return layers


def _shapes(source: TensorSpec, target: TensorSpec) -> dict[str, int]:
    return {
        "in_height": source.height,
        "in_width": source.width,
        "in_channels": source.channels,
        "out_height": target.height,
        "out_width": target.width,
        "out_channels": target.channels,
    }


def _ring_rows(operator: Operator, graph: Graph) -> dict[str, int]:
    """Give the rows of the rings the tensors lie in; a whole map is the ring of its height."""
    heights = [graph.tensors[name].height for name in (*operator.inputs, operator.output)]
    return {"in_rows": heights[0], "second_rows": heights[1] if len(heights) > 2 else 0, "out_rows": heights[-1]}


def _window_fields(operator: Operator, target: TensorSpec) -> dict[str, int]:
    if isinstance(operator, UpsampleNearest):
        return {"kernel_height": operator.factor, "kernel_width": operator.factor}
    window: Window = getattr(operator, "window", _POINT)
    # A single position never strides; pooling a whole map often carries the map's size as its stride.
    strides = [
        stride if positions > 1 else 1
        for stride, positions in zip(window.stride, (target.height, target.width), strict=True)
    ]
    return {
        "kernel_height": window.kernel[0],
        "kernel_width": window.kernel[1],
        "stride_height": strides[0],
        "stride_width": strides[1],
        "pad_top": window.padding[0],
        "pad_left": window.padding[1],
    }


def _checked(operator: Operator, fields: dict[str, int]) -> tuple[tuple[str, int], ...]:
    for name, value in fields.items():
        low, high = FIELD_RANGES.get(name, (0, 2**16 - 1))
        if not low <= value <= high:
            raise ConfigurationError(f"{operator.name}: {name} is {value}; the C descriptor holds {low} to {high}")
    return tuple((name, value) for name, value in fields.items() if value != 0)


def _zero_point(spec: TensorSpec) -> int:
    if spec.quantization is None:
        raise QuantizationError(f"tensor {spec.name} has no quantization; quantize the graph first")
    return spec.quantization.zero_point
