"""The network as typed operators on named int8 tensors: one form for search, quantization, simulator, C and ONNX.

A graph passes through three stages, told apart by what its operators hold:

- *shapes*: every `weights` is None. Enough for memory plan, RAM, ROM and MACs; no weight was ever allocated.
- *float*: `FloatWeights`, normalisation folded. Input of the quantization.
- *integer*: `IntegerWeights` and integer parameters, every tensor with a `Quantization`. Simulator, C and ONNX
  read it.

Layout: activations are NHWC with N = 1, a series `(C, T)` has height 1 and width T, a flat vector has height =
width = 1.
Weights are `(C_out, K_h, K_w, C_in)`, depthwise weights `(K_h, K_w, C)`.

Arithmetic, the same everywhere (single rounding):
`y = max(low, min(127, ((acc * multiplier + 2 ** (shift - 1)) >> shift) + output_zero_point))`, with `low = -128`,
or the output's zero point where a rectifier is fused. A fused ReLU6 needs no upper bound: its output range ends at
6 or below.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from prototypenas.types import InputShape

INT8_MIN, INT8_MAX = -128, 127


class Activation(Enum):
    """A rectifier fused into the operator that produces the tensor."""

    NONE = "none"
    RELU = "relu"
    RELU6 = "relu6"


@dataclass(frozen=True)
class Quantization:
    """`real = scale * (integer - zero_point)`, integers in `[-128, 127]`."""

    scale: float
    zero_point: int


@dataclass(frozen=True)
class TensorSpec:
    """A named activation tensor of one inference, `(height, width, channels)` int8."""

    name: str
    height: int
    width: int
    channels: int
    quantization: Quantization | None = None

    @property
    def elements(self) -> int:
        """Elements, which are also bytes."""
        return self.height * self.width * self.channels


@dataclass(frozen=True, eq=False)
class FloatWeights:
    """Folded weights: `weight` float32 as laid out above, `bias` float32 `(C_out,)`."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class IntegerWeights:
    """Integer weights and requantization of each output channel.

    `acc = bias + sum(weight * x)` over raw int8 inputs: the input's zero point is folded into the bias, so padding
    reads it.
    """

    weight: NDArray[np.int8]
    weight_scale: NDArray[np.float64]
    """Real scale of each output channel, `(C_out,)`; the C does not need it, ONNX does."""
    bias: NDArray[np.int32]
    multiplier: NDArray[np.int32]
    """In `[2^30, 2^31)`, or 0 for a channel without weights."""
    shift: NDArray[np.uint8]
    """At least 32, at most 62."""


@dataclass(frozen=True, eq=False)
class Operator:
    """What every operator has: the path of the module it came from, and its tensors' names."""

    name: str
    inputs: tuple[str, ...]
    output: str


@dataclass(frozen=True, eq=False)
class Window:
    """A sliding window; a series uses height 1. Padding is (top, left, bottom, right)."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Conv2d(Operator):
    """Dense convolution; 1x1, strided and one-dimensional ones too."""

    window: Window
    in_channels: int
    out_channels: int
    activation: Activation = Activation.NONE
    weights: FloatWeights | IntegerWeights | None = None


@dataclass(frozen=True, eq=False)
class DepthwiseConv2d(Operator):
    """One filter a channel."""

    window: Window
    channels: int
    activation: Activation = Activation.NONE
    weights: FloatWeights | IntegerWeights | None = None


@dataclass(frozen=True, eq=False)
class FullyConnected(Operator):
    """Linear layer over the flattened input, in NHWC order; weight `(C_out, 1, 1, C_in)`."""

    in_features: int
    out_features: int
    activation: Activation = Activation.NONE
    weights: FloatWeights | IntegerWeights | None = None


@dataclass(frozen=True)
class AddArithmetic:
    """`y = ((left * left_multiplier + right * right_multiplier + offset) >> shift) + zero_point`, all in int32.

    `offset` holds the folded input zero points and the rounding term `2 ** (shift - 1)`; multipliers are below 2^21.
    """

    left_multiplier: int
    right_multiplier: int
    offset: int
    shift: int


@dataclass(frozen=True, eq=False)
class Add(Operator):
    """Element-wise sum of two tensors of one shape."""

    activation: Activation = Activation.NONE
    arithmetic: AddArithmetic | None = None


@dataclass(frozen=True)
class Rescale:
    """`y = ((sum * multiplier + offset) >> shift) + zero_point` in int64; `offset` as in `AddArithmetic`."""

    multiplier: int
    offset: int
    shift: int


@dataclass(frozen=True, eq=False)
class MaxPool2d(Operator):
    """Maximum over a window; input and output share one quantization; padding never wins."""

    window: Window


@dataclass(frozen=True, eq=False)
class AveragePool2d(Operator):
    """Mean over a window without padding, or over the whole map (window = map)."""

    window: Window
    activation: Activation = Activation.NONE
    arithmetic: Rescale | None = None


@dataclass(frozen=True, eq=False)
class Concat(Operator):
    """Concatenation along channels; inputs and output share one quantization."""


@dataclass(frozen=True, eq=False)
class UpsampleNearest(Operator):
    """Each pixel repeated `factor` times in both directions; input and output share one quantization."""

    factor: int


@dataclass(frozen=True, eq=False)
class Requantize(Operator):
    """Element-wise change of scale, or a rectifier that no producer could absorb."""

    activation: Activation = Activation.NONE
    arithmetic: Rescale | None = None


@dataclass(frozen=True, eq=False)
class Graph:
    """Operators in execution order; every tensor is written once.

    Flattening costs nothing and has no operator: a flattened tensor is the tensor itself.
    """

    input_shape: InputShape
    """As PyTorch sees it: `(C, H, W)` or `(C, T)`."""
    tensors: Mapping[str, TensorSpec]
    operators: tuple[Operator, ...]
    input: str
    outputs: tuple[str, ...]
    """One for classification, one a feature level for detection."""

    def digest(self) -> str:
        """Equal for graphs of equal operators, wiring and shapes, whatever the names and weights."""
        numbers: dict[str, int] = {}
        lines = [repr(self.input_shape)]
        for operator in self.operators:
            wires = [numbers.setdefault(name, len(numbers)) for name in (*operator.inputs, operator.output)]
            lines.append(f"{type(operator).__name__} {wires} {_shape_fields(operator)}")
        for name, number in numbers.items():
            spec = self.tensors[name]
            lines.append(f"{number} {spec.height} {spec.width} {spec.channels}")
        lines.append(repr([numbers[name] for name in self.outputs]))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def macs(operator: Operator, tensors: Mapping[str, TensorSpec]) -> int:
    """Multiply-accumulates of one operator: convolutions and linear layers, all others 0."""
    output = tensors[operator.output]
    match operator:
        case Conv2d(window=window, in_channels=channels):
            return output.elements * window.kernel[0] * window.kernel[1] * channels
        case DepthwiseConv2d(window=window):
            return output.elements * window.kernel[0] * window.kernel[1]
        case FullyConnected(in_features=features, out_features=out):
            return features * out
        case _:
            return 0


def low_bound(activation: Activation, zero_point: int) -> int:
    """Least int8 value an operator with this fused activation may write."""
    return INT8_MIN if activation is Activation.NONE else zero_point


def _shape_fields(operator: Operator) -> str:
    skipped = {"name", "inputs", "output", "weights", "arithmetic"}
    values = {item.name: getattr(operator, item.name) for item in fields(operator) if item.name not in skipped}
    return repr(sorted((name, _plain(value)) for name, value in values.items()))


def _plain(value: object) -> object:
    if isinstance(value, Window):
        return (value.kernel, value.stride, value.padding)
    return value.value if isinstance(value, Activation) else value
