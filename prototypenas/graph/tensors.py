"""What operators are made of: named int8 tensors, quantization, windows, weights and integer arithmetic."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from prototypenas.errors import QuantizationError

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

    @property
    def known_quantization(self) -> Quantization:
        """The quantization.

        Raises:
            QuantizationError: if the graph is not at the integer stage.
        """
        if self.quantization is None:
            raise QuantizationError(f"tensor {self.name} has no quantization; quantize the graph first")
        return self.quantization


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


@dataclass(frozen=True)
class Window:
    """A sliding window; a series uses height 1. Padding is (top, left, bottom, right)."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    dilation: tuple[int, int] = (1, 1)

    @property
    def span(self) -> tuple[int, int]:
        """Rows and columns of the input from the first tap to the last, both included."""
        rows, columns = ((size - 1) * step + 1 for size, step in zip(self.kernel, self.dilation, strict=True))
        return rows, columns

    @property
    def transposed(self) -> "Window":
        """The same window with height and width exchanged."""
        top, left, bottom, right = self.padding
        down, across, apart = self.kernel[::-1], self.stride[::-1], self.dilation[::-1]
        return Window(down, across, (left, top, right, bottom), apart)

    @property
    def taps(self) -> int:
        """Inputs that one output reads of each channel."""
        return self.kernel[0] * self.kernel[1]


@dataclass(frozen=True)
class AddArithmetic:
    """`y = ((left * left_multiplier + right * right_multiplier + offset) >> shift) + zero_point`, all in int32.

    `offset` holds the folded input zero points and the rounding term `2 ** (shift - 1)`; multipliers are below 2^21.
    """

    left_multiplier: int
    right_multiplier: int
    offset: int
    shift: int


@dataclass(frozen=True)
class ProductArithmetic:
    """`y = (((left - zero) * (right - second_zero_point) * multiplier + 2 ** (shift - 1)) >> shift) + zero_point`."""

    multiplier: int
    shift: int
    second_zero_point: int


@dataclass(frozen=True, eq=False)
class LookupTable:
    """The int8 output of each int8 input, the least first."""

    values: NDArray[np.int8]


@dataclass(frozen=True)
class Rescale:
    """`y = ((sum * multiplier + offset) >> shift) + zero_point` in int64; `offset` as in `AddArithmetic`."""

    multiplier: int
    offset: int
    shift: int


def low_bound(activation: Activation, zero_point: int) -> int:
    """Least int8 value an operator with this fused activation may write."""
    return INT8_MIN if activation is Activation.NONE else zero_point
