"""Mean over the part of a window that lies in the map: average pooling whose divisor falls at the edge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from prototypenas.graph.operator import OnnxNodes, Operator, RowReads, Tensors, ZeroPoints
from prototypenas.graph.requantization import rescale
from prototypenas.graph.rescaling import Rescaling
from prototypenas.graph.sliding import padded, taps, window_fields, window_lead, window_rows
from prototypenas.graph.tensors import Activation, Quantization, Rescale, Window
from prototypenas.graph.traced_windows import append_window
from prototypenas.graph.tracing import Handler, Recorder, Traced
from prototypenas.graph.weighted import clamped


@dataclass(frozen=True, eq=False)
class InnerAveragePool2d(Rescaling):
    """Mean of the pixels of a padded window that are in the map.

    In integers the sum over the n of all t pixels that are inside is brought to the sum over t, `sum t / n` rounded
    half away from zero, less the zero point; from there on it is the arithmetic of a whole window.
    """

    window: Window
    activation: Activation = Activation.NONE
    arithmetic: Rescale | None = None

    kernels: ClassVar[tuple[str, ...]] = ("nn_inner_pool",)
    passes_normalization: ClassVar[bool] = True

    def reads_rows(self, tensors: Tensors, *, columns: bool = False) -> RowReads:
        """Return the rows under the window."""
        return window_rows(self.window, columns=columns)

    def input_lead_bytes(self, tensors: Tensors) -> int:
        """Return how far the input must start behind the output."""
        return window_lead(self.window, tensors[self.inputs[0]], tensors[self.output])

    def run(self, inputs: Sequence[Tensor], weights: None) -> Tensor:
        """Return the float output."""
        (maps,) = inputs
        shares = self._mean(torch.ones_like(maps[:1, :1]))
        return clamped(self._mean(maps) / shares, self.activation)

    def quantized(self, sources: Sequence[Quantization], target: Quantization) -> Operator:
        """Return it with its int64 arithmetic, the division by the whole window in the multiplier."""
        return replace(self, arithmetic=rescale(sources[0], target, self.window.taps))

    def run_integers(self, inputs: Sequence[Tensor], zero_points: ZeroPoints, constants: None) -> Tensor:
        """Return the int8 output."""
        zero_point, every = zero_points.inputs[0], self.window.taps
        values = inputs[0].long() - zero_point
        total = torch.stack(taps(values, self.window, 0)).sum(0)
        inside = torch.stack(taps(torch.ones_like(values[:1, :1]), self.window, 0)).sum(0)
        whole = total.sign() * ((2 * every * total.abs() + inside) // (2 * inside))
        return self.rescaled(whole + every * zero_point, zero_points)

    def c_fields(self, tensors: Tensors) -> Mapping[str, int]:
        """Return the window."""
        return window_fields(self.window, tensors[self.output])

    def onnx(self, nodes: OnnxNodes) -> str:
        """Append an AveragePool, which leaves its padding out of the mean."""
        return nodes.node("AveragePool", nodes.maps(self.inputs), f"{self.output}/real", **nodes.window(self.window))

    def _mean(self, maps: Tensor) -> Tensor:
        """Return the mean over whole windows, zeros around the map."""
        return F.avg_pool2d(padded(maps, self.window, 0.0), self.window.kernel, self.window.stride)


def record_inner_average(recorder: Recorder, input: Traced, window: Window) -> Traced:
    """Record the mean over what each window sees of the map."""
    name = recorder.new_name("average_pool")
    channels = recorder.spec(input).channels
    return append_window(recorder, InnerAveragePool2d(name, (input.tensor,), name, window), input, window, channels)


FUNCTIONS: Mapping[str, Handler] = {}
