"""What convolutions and linear layers share: weights in PyTorch's layout, integer sums, requantization of channels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from prototypenas.errors import QuantizationError
from prototypenas.graph.operator import OnnxNodes, Operator, ZeroPoints
from prototypenas.graph.requantization import LARGEST_ACCUMULATOR, integer_weights
from prototypenas.graph.sliding import POINT, narrowed
from prototypenas.graph.tensors import Activation, FloatWeights, IntegerWeights, Quantization

EXACT_IN_FLOAT32 = 2**24
LARGEST_INPUT = 128


@dataclass(frozen=True, eq=False)
class TorchWeights:
    """Weights in PyTorch's layout: `(C_out, C_in, K_h, K_w)`, depthwise `(C, 1, K_h, K_w)`, linear `(C_out, K)`."""

    weight: Tensor
    bias: Tensor


@dataclass(frozen=True, eq=False)
class Constants:
    """Integer weights on a device, as `run_integers` of the operator lays them out."""

    weight: Tensor
    bias: Tensor
    multiplier: Tensor
    rounding: Tensor
    shift: Tensor


@dataclass(frozen=True, eq=False)
class Weighted(Operator):
    """An operator with weights and a bias of each output channel."""

    channel_axis: ClassVar[int] = 0
    """Axis of the output channels in the graph's layout of the weights."""

    @property
    def own_weights(self) -> FloatWeights | IntegerWeights | None:
        """The weights; None at the shapes stage."""
        weights: FloatWeights | IntegerWeights | None = self.weights  # type: ignore[attr-defined]
        return weights

    def integers(self) -> IntegerWeights:
        """Return the integer weights.

        Raises:
            QuantizationError: if there are none.
        """
        if not isinstance(self.own_weights, IntegerWeights):
            raise QuantizationError(f"{self.name}: no integer weights; quantize the graph first")
        return self.own_weights

    def floats(self) -> FloatWeights:
        """Return the float weights.

        Raises:
            QuantizationError: if there are none.
        """
        if not isinstance(self.own_weights, FloatWeights):
            raise QuantizationError(f"{self.name}: no float weights; the graph must be at the float stage")
        return self.own_weights

    def with_weights(self, weights: FloatWeights | IntegerWeights) -> Self:
        """Return it with other weights."""
        return replace(self, weights=weights)  # type: ignore[call-arg]

    def to_torch(self, weight: NDArray[Any]) -> NDArray[Any]:
        """Return weights of the graph's layout in PyTorch's."""
        raise NotImplementedError

    def from_torch(self, weight: NDArray[Any]) -> NDArray[Any]:
        """Return weights of PyTorch's layout in the graph's."""
        raise NotImplementedError

    def float_weights(self, device: torch.device | str) -> TorchWeights:
        """Return the float weights as PyTorch lays them out.

        Raises:
            QuantizationError: if there are none.
        """
        found = self.floats()
        weight = torch.from_numpy(np.array(self.to_torch(found.weight), dtype=np.float32))
        bias = torch.from_numpy(np.array(found.bias, dtype=np.float32))
        return TorchWeights(weight.contiguous().to(device), bias.to(device))

    def parameters(self) -> int:
        """Return the number of weights and biases."""
        raise NotImplementedError

    def normalized(self, scale: NDArray[np.float64] | None, shift: NDArray[np.float64] | None) -> Operator | None:
        """Return it with a normalisation scaled into its weights; None behind a rectifier."""
        if self.fused is not Activation.NONE:
            return None
        if scale is None or shift is None:
            return self
        weights = self.floats()
        shape = [1] * weights.weight.ndim
        shape[self.channel_axis] = -1
        weight = (weights.weight * scale.reshape(shape)).astype(np.float32)
        return self.with_weights(FloatWeights(weight, (weights.bias * scale + shift).astype(np.float32)))

    def quantized(self, sources: Sequence[Quantization], target: Quantization) -> Operator:
        """Return it with int8 weights, the input's zero point folded into int32 biases."""
        return self.with_weights(integer_weights(self.floats(), self.channel_axis, sources[0], target))

    def requantized(self, total: Tensor, zero_points: ZeroPoints, constants: Constants) -> Tensor:
        """Return the int8 output for sums of products `(N, C_out, H, W)`, the bias not yet added."""
        accumulated = total.long().add_(constants.bias).mul_(constants.multiplier).add_(constants.rounding)
        shifted = accumulated.bitwise_right_shift_(constants.shift)
        return narrowed(shifted, zero_points.output, zero_points.low(self.fused))

    def constants_of(self, matrix: NDArray[np.int8], device: torch.device | str) -> Constants:
        """Return the constants with weights `(..., K, C_out)` on a device."""
        weights = self.integers()
        rounding = np.int64(1) << (weights.shift.astype(np.int64) - 1)
        by_channel = [weights.bias, weights.multiplier, rounding, weights.shift]
        parts = (torch.from_numpy(part.astype(np.int64))[:, None, None].to(device) for part in by_channel)
        cpu = torch.device(device).type == "cpu"
        kind = exact_float(np.moveaxis(matrix, -1, 0)) if cpu else np.dtype(np.float64)
        return Constants(torch.from_numpy(matrix.astype(kind)).to(device), *parts)

    def c_arithmetic(self, weights_at: int, channels_at: int) -> tuple[str, tuple[int, ...]] | None:
        """Return where weights and channels begin, the distance of two taps, and the groups.

        Raises:
            QuantizationError: if a sum could leave what the kernels hold.
        """
        self._check_sums(self.integers())
        dilation: tuple[int, int] = getattr(self, "window", POINT).dilation
        return "dense", (weights_at, channels_at, *dilation, getattr(self, "groups", 1))

    def c_constants(self) -> NDArray[np.int8] | None:
        """Return the weights, flat."""
        return self.integers().weight.reshape(-1)

    def c_channels(self) -> IntegerWeights | None:
        """Return biases, multipliers and shifts."""
        return self.integers()

    def onnx_parameters(self, nodes: OnnxNodes, weight: NDArray[np.int8]) -> list[str]:
        """Append weight and bias, the bias without the input's zero point; `weight` has its channels first."""
        weights, source = self.integers(), nodes.tensors[self.inputs[0]].known_quantization
        sums = weight.reshape(len(weights.bias), -1).astype(np.int64).sum(axis=1)
        bias = (weights.bias + source.zero_point * sums).astype(np.int32)
        steps = weights.weight_scale
        return [
            nodes.dequantized(f"{self.output}/weight", np.ascontiguousarray(weight), steps),
            nodes.dequantized(f"{self.output}/bias", bias, steps * source.scale),
        ]

    def _check_sums(self, weights: IntegerWeights) -> None:
        rows = np.moveaxis(weights.weight, self.channel_axis, 0).reshape(len(weights.bias), -1).astype(np.int64)
        largest = int((np.abs(weights.bias.astype(np.int64)) + LARGEST_INPUT * np.abs(rows).sum(axis=1)).max())
        if largest > LARGEST_ACCUMULATOR:
            raise QuantizationError(f"{self.name}: a sum could reach {largest}; the kernels hold {LARGEST_ACCUMULATOR}")


def exact_float(matrix: NDArray[np.int8]) -> np.dtype[Any]:
    """Return float32 where every partial sum of a row's products stays below 2^24, so that none is rounded.

    Elsewhere float64, whose 2^53 no accumulator reaches. On a GPU float32 could be TF32, with shorter sums.
    """
    sums = np.abs(matrix.astype(np.int64)).reshape(len(matrix), -1).sum(axis=1)
    return np.dtype(np.float32 if LARGEST_INPUT * int(sums.max()) < EXACT_IN_FLOAT32 else np.float64)


def convolved(inputs: Tensor, operator: Any, weights: TorchWeights, groups: int) -> Tensor:
    """Return a float convolution with the operator's window."""
    window = operator.window
    top, left, bottom, right = window.padding
    symmetric = top == bottom and left == right
    maps = inputs if symmetric else F.pad(inputs, (left, right, top, bottom))
    padding = (top, left) if symmetric else (0, 0)
    return F.conv2d(maps, weights.weight, weights.bias, window.stride, padding, window.dilation, groups)


def clamped(values: Tensor, activation: Activation) -> Tensor:
    """Return real values behind a fused rectifier."""
    if activation is Activation.RELU:
        return values.relu()
    return F.relu6(values) if activation is Activation.RELU6 else values
