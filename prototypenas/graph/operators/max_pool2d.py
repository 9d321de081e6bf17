"""Maximum over a window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from prototypenas.graph.operator import OnnxNodes, Operator, RowReads, Tensors, ZeroPoints
from prototypenas.graph.sliding import padded, taps, window_fields, window_lead, window_rows
from prototypenas.graph.tensors import INT8_MIN, Window
from prototypenas.graph.traced_windows import Numbers, append_window, pool_window, spread
from prototypenas.graph.tracing import Handler, Recorder, Traced


@dataclass(frozen=True, eq=False)
class MaxPool2d(Operator):
    """Maximum over a window; padding never wins."""

    window: Window

    kernels: ClassVar[tuple[str, ...]] = ("nn_max_pool",)
    copies_bytes: ClassVar[bool] = True

    def reads_rows(self, tensors: Tensors, *, columns: bool = False) -> RowReads:
        """Return the rows under the window."""
        return window_rows(self.window, columns=columns)

    def input_lead_bytes(self, tensors: Tensors) -> int:
        """Return how far the input must start behind the output."""
        return window_lead(self.window, tensors[self.inputs[0]], tensors[self.output])

    def run(self, inputs: Sequence[Tensor], weights: None) -> Tensor:
        """Return the float output."""
        return F.max_pool2d(padded(inputs[0], self.window, float("-inf")), self.window.kernel, self.window.stride)

    def run_integers(self, inputs: Sequence[Tensor], zero_points: ZeroPoints, constants: None) -> Tensor:
        """Return the int8 output."""
        first, *others = taps(inputs[0], self.window, INT8_MIN)
        largest = first.clone()
        for tap in others:
            torch.maximum(largest, tap, out=largest)
        return largest

    def c_fields(self, tensors: Tensors) -> Mapping[str, int]:
        """Return the window."""
        return window_fields(self.window, tensors[self.output])

    def onnx(self, nodes: OnnxNodes) -> str:
        """Append a MaxPool."""
        return nodes.node("MaxPool", nodes.maps(self.inputs), f"{self.output}/real", **nodes.window(self.window))


def trace_max_pool(  # noqa: PLR0917 - PyTorch's own argument order
    recorder: Recorder,
    input: Traced,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Traced:
    """Record `max_pool1d` or `max_pool2d`; what `ceil_mode` adds becomes padding, which never wins."""
    if return_indices or any(step != 1 for step in spread(dilation, 1)):
        recorder.fail("max pooling with dilation or indices has no operator in the graph")
    window = pool_window(recorder, input, kernel_size, stride, padding=padding, ceil_mode=ceil_mode)
    name = recorder.new_name("max_pool")
    channels = recorder.spec(input).channels
    return append_window(recorder, MaxPool2d(name, (input.tensor,), name, window), input, window, channels)


def trace_max_pool_with_indices(recorder: Recorder, input: Traced, *window: Any, **named: Any) -> tuple[Traced, None]:
    """Record decomposed max pooling, whose indices nobody may read."""
    return trace_max_pool(recorder, input, *window, **named), None


FUNCTIONS: Mapping[str, Handler] = {
    "max_pool1d": trace_max_pool,
    "max_pool2d": trace_max_pool,
    "max_pool2d_with_indices": trace_max_pool_with_indices,
}
