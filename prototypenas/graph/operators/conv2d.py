"""Dense or grouped convolution of any window; 1x1, strided, dilated and one-dimensional ones too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from prototypenas.graph.operator import OnnxNodes, RowReads, Tensors, ZeroPoints
from prototypenas.graph.operators.depthwise_conv2d import record_depthwise
from prototypenas.graph.sliding import POINT, output_size, padded, round_up, window_fields, window_lead, window_rows
from prototypenas.graph.tensors import Activation, FloatWeights, IntegerWeights, Window
from prototypenas.graph.traced_weights import convolution_window, weights_of
from prototypenas.graph.traced_windows import Numbers, append_window, need_map
from prototypenas.graph.tracing import Handler, Recorder, Traced
from prototypenas.graph.weighted import Constants, TorchWeights, Weighted, clamped, convolved

STAGED_PIXELS = 2
"""Output pixels whose inputs are spread to int16 before they are multiplied."""


@dataclass(frozen=True, eq=False)
class Conv2d(Weighted):
    """Every output channel reads every input channel of its group; weight `(C_out, K_h, K_w, C_in / groups)`."""

    window: Window
    in_channels: int
    out_channels: int
    activation: Activation = Activation.NONE
    weights: FloatWeights | IntegerWeights | None = None
    groups: int = 1
    """Groups of channels that see each other only."""

    kernels: ClassVar[tuple[str, ...]] = ("nn_convolution", "nn_pointwise", "nn_grouped")
    cycles_per_mac: ClassVar[float] = 1.00

    @property
    def kernel(self) -> str:
        """A kernel of its own for 1x1 without stride, and one for groups."""
        if self.groups > 1:
            return "nn_grouped"
        return "nn_pointwise" if self.window == POINT else "nn_convolution"

    @property
    def _row(self) -> int:
        return self.window.taps * self.in_channels // self.groups

    def macs(self, tensors: Tensors) -> int:
        """Return the multiply-accumulates of one inference."""
        return tensors[self.output].elements * self._row

    def parameters(self) -> int:
        """Return the number of weights and biases."""
        return self.out_channels * (self._row + 1)

    def weight_bytes(self) -> int:
        """Return the ROM of the weights; rows are read by words, so that the last is padded beyond its own end."""
        return round_up((self.out_channels - 1) * self._row + round_up(self._row, 4), 4)

    def requantized_channels(self) -> int:
        """Return the output channels."""
        return self.out_channels

    def scratch_bytes(self, tensors: Tensors) -> int:
        """Return the room of two pixels' inputs as int16."""
        return self.groups * STAGED_PIXELS * 2 * round_up(self._row, 4)

    def reads_rows(self, tensors: Tensors, *, columns: bool = False) -> RowReads:
        """Return the rows under the window."""
        return window_rows(self.window, columns=columns)

    def input_lead_bytes(self, tensors: Tensors) -> int:
        """Return how far the input must start behind the output."""
        return window_lead(self.window, tensors[self.inputs[0]], tensors[self.output])

    def to_torch(self, weight: NDArray[Any]) -> NDArray[Any]:
        """Return `(C_out, C_in, K_h, K_w)`."""
        return weight.transpose(0, 3, 1, 2)

    def from_torch(self, weight: NDArray[Any]) -> NDArray[Any]:
        """Return `(C_out, K_h, K_w, C_in)`."""
        return np.ascontiguousarray(weight.transpose(0, 2, 3, 1))

    def run(self, inputs: Sequence[Tensor], weights: TorchWeights) -> Tensor:
        """Return the float output."""
        return clamped(convolved(inputs[0], self, weights, self.groups), self.activation)

    def constants(self, device: torch.device | str) -> Constants:
        """Return the weights as `(K, C_out)`, K in the order `(C_in / groups, K_h, K_w)`."""
        weight = self.integers().weight
        return self.constants_of(weight.transpose(3, 1, 2, 0).reshape(-1, len(weight)), device)

    def run_integers(self, inputs: Sequence[Tensor], zero_points: ZeroPoints, constants: Constants) -> Tensor:
        """Return the int8 output: patches times weights."""
        maps = padded(inputs[0], self.window, zero_points.inputs[0])
        rows, columns = output_size(maps, self.window)
        if self.window.taps == 1:
            down, right = self.window.stride
            patches = maps[:, :, ::down, ::right].to(constants.weight.dtype).flatten(2)
        else:
            values = maps.to(constants.weight.dtype)
            patches = F.unfold(values, self.window.kernel, dilation=self.window.dilation, stride=self.window.stride)
        by_group = patches.reshape(len(maps), self.groups, -1, rows * columns)
        weight = constants.weight.T.reshape(self.groups, self.out_channels // self.groups, -1)
        total = (weight @ by_group).reshape(len(maps), -1, rows, columns)
        return self.requantized(total, zero_points, constants)

    def c_fields(self, tensors: Tensors) -> Mapping[str, int]:
        """Return the window."""
        return window_fields(self.window, tensors[self.output])

    def onnx(self, nodes: OnnxNodes) -> str:
        """Append a Conv."""
        weight = self.to_torch(self.integers().weight)
        inputs = nodes.maps(self.inputs) + self.onnx_parameters(nodes, weight[:, :, 0] if nodes.series else weight)
        window = nodes.window(self.window)
        return nodes.node("Conv", inputs, f"{self.output}/real", group=self.groups, **window)


def trace_convolution(  # noqa: PLR0917 - PyTorch's own argument order
    recorder: Recorder,
    input: Traced,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Traced:
    """Record `conv1d` or `conv2d`: dense or grouped, or depthwise where every channel is a group."""
    need_map(recorder, input, "a convolution")
    window = convolution_window(input, weight, stride, padding=padding, dilation=dilation)
    channels = recorder.spec(input).channels
    if channels != weight.shape[1] * groups:
        recorder.fail(f"the input has {channels} channels, the weights want {weight.shape[1] * groups}")
    if groups == channels == weight.shape[0] and groups > 1:
        return record_depthwise(recorder, input, weight, bias, window)
    return _record_dense(recorder, input, weight, bias, window, groups=groups)


def _record_dense(
    recorder: Recorder, input: Traced, weight: Tensor, bias: Tensor | None, window: Window, *, groups: int
) -> Traced:
    name = recorder.new_name("convolution", weight)
    out_channels, in_channels = weight.shape[0], weight.shape[1] * groups
    shape = (out_channels, weight.shape[1], *window.kernel)
    weights = weights_of(weight, bias, lambda array: array.reshape(shape).transpose(0, 2, 3, 1))
    operator = Conv2d(name, (input.tensor,), name, window, in_channels, out_channels, weights=weights, groups=groups)
    return append_window(recorder, operator, input, window, out_channels)


FUNCTIONS: Mapping[str, Handler] = {
    "conv1d": trace_convolution,
    "conv2d": trace_convolution,
}
