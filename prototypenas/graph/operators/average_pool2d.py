"""Mean over a window, or over the whole map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from prototypenas.graph.operator import OnnxNodes, Operator, RowReads, Tensors, ZeroPoints
from prototypenas.graph.operators.depthwise_conv2d import record_depthwise
from prototypenas.graph.operators.inner_average_pool2d import record_inner_average
from prototypenas.graph.requantization import rescale
from prototypenas.graph.rescaling import Rescaling
from prototypenas.graph.sliding import taps, window_fields, window_lead, window_rows
from prototypenas.graph.tensors import Activation, Quantization, Rescale, Window
from prototypenas.graph.traced_windows import Numbers, append_window, height_and_width, need_map, pool_window, spread
from prototypenas.graph.tracing import Handler, Recorder, Traced
from prototypenas.graph.weighted import clamped


@dataclass(frozen=True, eq=False)
class AveragePool2d(Rescaling):
    """Mean over a window without padding, or over the whole map (window = map)."""

    window: Window
    activation: Activation = Activation.NONE
    arithmetic: Rescale | None = None

    kernels: ClassVar[tuple[str, ...]] = ("nn_average_pool", "nn_global_pool")
    summing_kernel: ClassVar[str | None] = "nn_global_pool"
    passes_normalization: ClassVar[bool] = True

    def reads_rows(self, tensors: Tensors, *, columns: bool = False) -> RowReads:
        """Return the rows under the window; those of a whole map are summed."""
        spec = tensors[self.inputs[0]]
        if self.window.kernel == (spec.height, spec.width) and tensors[self.output].elements == spec.channels:
            return RowReads(1, summed=True)
        return window_rows(self.window, columns=columns)

    def input_lead_bytes(self, tensors: Tensors) -> int:
        """Return how far the input must start behind the output."""
        return window_lead(self.window, tensors[self.inputs[0]], tensors[self.output])

    def run(self, inputs: Sequence[Tensor], weights: None) -> Tensor:
        """Return the float output."""
        return clamped(F.avg_pool2d(inputs[0], self.window.kernel, self.window.stride), self.activation)

    def quantized(self, sources: Sequence[Quantization], target: Quantization) -> Operator:
        """Return it with its int64 arithmetic, the division in the multiplier."""
        return replace(self, arithmetic=rescale(sources[0], target, self.window.taps))

    def run_integers(self, inputs: Sequence[Tensor], zero_points: ZeroPoints, constants: None) -> Tensor:
        """Return the int8 output."""
        first, *others = taps(inputs[0].long(), self.window, 0)
        total = first.clone()
        for tap in others:
            total += tap
        return self.rescaled(total, zero_points)

    def c_fields(self, tensors: Tensors) -> Mapping[str, int]:
        """Return the window."""
        return window_fields(self.window, tensors[self.output])

    def onnx(self, nodes: OnnxNodes) -> str:
        """Append a GlobalAveragePool or an AveragePool."""
        spec, result = nodes.tensors[self.inputs[0]], f"{self.output}/real"
        if self.window.kernel == (spec.height, spec.width):
            return nodes.node("GlobalAveragePool", nodes.maps(self.inputs), result)
        return nodes.node("AveragePool", nodes.maps(self.inputs), result, **nodes.window(self.window))


def trace_average_pool(  # noqa: PLR0917 - PyTorch's own argument order
    recorder: Recorder,
    input: Traced,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Traced:
    """Record `avg_pool1d` or `avg_pool2d`; where zeros around the map count, as a depthwise convolution."""
    window = pool_window(recorder, input, kernel_size, stride, padding=padding, ceil_mode=ceil_mode)
    if not any(window.padding) and divisor_override is None:
        return _averaged(recorder, input, window)
    if divisor_override is None and not (count_include_pad and any(spread(padding, 1))):
        return record_inner_average(recorder, input, window)
    if ceil_mode:
        recorder.fail("average pooling over zeros beside a map that was rounded up has no operator in the graph")
    channels = recorder.spec(input).channels
    weight = torch.full((channels, 1, *window.kernel), 1.0 / (divisor_override or window.taps))
    return record_depthwise(recorder, input, weight, None, window)


def trace_adaptive_average_pool(recorder: Recorder, input: Traced, output_size: int | Sequence[int | None]) -> Traced:
    """Record adaptive average pooling where all its windows have one size."""
    need_map(recorder, input, "pooling")
    spec = recorder.spec(input)
    extent = (spec.height, spec.width)
    wanted = height_and_width(spread(output_size, input.ndim - 2), 1)
    sizes = [have if want is None else want for have, want in zip(extent, wanted, strict=True)]
    if any(have % want for have, want in zip(extent, sizes, strict=True)):
        recorder.fail(f"adaptive pooling from {extent} to {tuple(sizes)} pixels has windows of unequal size")
    kernel = (extent[0] // sizes[0], extent[1] // sizes[1])
    return _averaged(recorder, input, Window(kernel, kernel, (0, 0, 0, 0)))


def trace_mean(
    recorder: Recorder, input: Traced, dim: Numbers | None = None, keepdim: bool = False, dtype: object = None
) -> Traced:
    """Record a mean over height, width or both as average pooling."""
    need_map(recorder, input, "a mean")
    axes = sorted(axis % input.ndim for axis in spread(dim, 1)) if dim is not None else [0]
    if not axes or axes[0] < 2:
        recorder.fail(f"a mean over dimensions {dim} has no operator in the graph; only one over space has")
    spec = recorder.spec(input)
    kernel = (
        spec.height if input.ndim == 4 and 2 in axes else 1,
        spec.width if input.ndim - 1 in axes else 1,
    )
    pooled = _averaged(recorder, input, Window(kernel, kernel, (0, 0, 0, 0)))
    kept = [size for axis, size in enumerate(pooled.shape) if axis not in axes]
    return pooled if keepdim else pooled.viewed(kept)


def _averaged(recorder: Recorder, input: Traced, window: Window) -> Traced:
    if window.kernel == window.stride == (1, 1):
        return input
    name = recorder.new_name("average_pool")
    channels = recorder.spec(input).channels
    return append_window(recorder, AveragePool2d(name, (input.tensor,), name, window), input, window, channels)


FUNCTIONS: Mapping[str, Handler] = {
    "avg_pool1d": trace_average_pool,
    "avg_pool2d": trace_average_pool,
    "adaptive_avg_pool1d": trace_adaptive_average_pool,
    "adaptive_avg_pool2d": trace_adaptive_average_pool,
    "_adaptive_avg_pool2d": trace_adaptive_average_pool,
    "mean": trace_mean,
}
