"""Convolution with one filter a channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prototypenas.graph.operator import OnnxNodes, RowReads, Tensors, ZeroPoints
from prototypenas.graph.sliding import round_up, taps, window_fields, window_lead, window_rows
from prototypenas.graph.tensors import Activation, FloatWeights, IntegerWeights, Window
from prototypenas.graph.traced_weights import weights_of
from prototypenas.graph.traced_windows import append_window
from prototypenas.graph.tracing import Handler, Recorder, Traced
from prototypenas.graph.weighted import Constants, TorchWeights, Weighted, clamped, convolved


@dataclass(frozen=True, eq=False)
class DepthwiseConv2d(Weighted):
    """One filter a channel; weight `(K_h, K_w, C)`."""

    window: Window
    channels: int
    activation: Activation = Activation.NONE
    weights: FloatWeights | IntegerWeights | None = None

    kernels: ClassVar[tuple[str, ...]] = ("nn_depthwise",)
    channel_axis: ClassVar[int] = 2
    cycles_per_mac: ClassVar[float] = 6.6

    def macs(self, tensors: Tensors) -> int:
        """Return the multiply-accumulates of one inference."""
        return tensors[self.output].elements * self.window.taps

    def parameters(self) -> int:
        """Return the number of weights and biases."""
        return self.channels * (self.window.taps + 1)

    def weight_bytes(self) -> int:
        """Return the ROM of the weights."""
        return round_up(self.window.taps * self.channels, 4)

    def requantized_channels(self) -> int:
        """Return the channels."""
        return self.channels

    def scratch_bytes(self, tensors: Tensors) -> int:
        """Return the room of one tap's distance each, then a pixel of padding."""
        return 4 * self.window.taps + round_up(self.channels, 4)

    def reads_rows(self, tensors: Tensors, *, columns: bool = False) -> RowReads:
        """Return the rows under the window."""
        return window_rows(self.window, columns=columns)

    def input_lead_bytes(self, tensors: Tensors) -> int:
        """Return how far the input must start behind the output."""
        return window_lead(self.window, tensors[self.inputs[0]], tensors[self.output])

    def to_torch(self, weight: NDArray[Any]) -> NDArray[Any]:
        """Return `(C, 1, K_h, K_w)`."""
        return weight.transpose(2, 0, 1)[:, None]

    def from_torch(self, weight: NDArray[Any]) -> NDArray[Any]:
        """Return `(K_h, K_w, C)`."""
        return np.ascontiguousarray(weight[:, 0].transpose(1, 2, 0))

    def run(self, inputs: Sequence[Tensor], weights: TorchWeights) -> Tensor:
        """Return the float output."""
        return clamped(convolved(inputs[0], self, weights, self.channels), self.activation)

    def constants(self, device: torch.device | str) -> Constants:
        """Return the weights as `(K, C)`."""
        return self.constants_of(self.integers().weight.reshape(-1, self.channels), device)

    def run_integers(self, inputs: Sequence[Tensor], zero_points: ZeroPoints, constants: Constants) -> Tensor:
        """Return the int8 output: tap by tap."""
        source = inputs[0].to(constants.weight.dtype)
        parts = taps(source, self.window, zero_points.inputs[0])
        total = torch.zeros_like(parts[0])
        for tap, weight in zip(parts, constants.weight[:, :, None, None], strict=True):
            total.addcmul_(tap, weight)
        return self.requantized(total, zero_points, constants)

    def c_fields(self, tensors: Tensors) -> Mapping[str, int]:
        """Return the window."""
        return window_fields(self.window, tensors[self.output])

    def onnx(self, nodes: OnnxNodes) -> str:
        """Append a Conv of as many groups as channels."""
        weight = self.to_torch(self.integers().weight)
        parameters = self.onnx_parameters(nodes, weight[:, :, 0] if nodes.series else weight)
        window = nodes.window(self.window)
        return nodes.node(
            "Conv", [*nodes.maps(self.inputs), *parameters], f"{self.output}/real", group=self.channels, **window
        )


def record_depthwise(recorder: Recorder, input: Traced, weight: Tensor, bias: Tensor | None, window: Window) -> Traced:
    """Record a convolution whose every channel is a group."""
    name = recorder.new_name("convolution", weight)
    channels = weight.shape[0]
    weights = weights_of(weight, bias, lambda array: array.reshape(channels, *window.kernel).transpose(1, 2, 0))
    operator = DepthwiseConv2d(name, (input.tensor,), name, window, channels, weights=weights)
    return append_window(recorder, operator, input, window, channels)


FUNCTIONS: Mapping[str, Handler] = {}
"""`conv2d.py` records it: PyTorch has one function for both."""
