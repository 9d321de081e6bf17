"""Records what changes the size of a map without weights: pooling, means, upsampling."""

from collections.abc import Sequence
from typing import Any

from prototypenas.graph.graph import AveragePool2d, MaxPool2d, UpsampleNearest, Window
from prototypenas.graph.traced_windows import Numbers, append_window, height_and_width, need_map, spread
from prototypenas.graph.tracing import Recorder, Traced


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
    window = _pool_window(recorder, input, kernel_size, stride, padding=padding, ceil_mode=ceil_mode)
    name = recorder.new_name("max_pool")
    channels = recorder.spec(input).channels
    return append_window(recorder, MaxPool2d(name, (input.tensor,), name, window), input, window, channels)


def trace_max_pool_with_indices(recorder: Recorder, input: Traced, *window: Any) -> tuple[Traced, None]:
    """Record decomposed max pooling, whose indices nobody may read."""
    return trace_max_pool(recorder, input, *window), None


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
    """Record `avg_pool1d` or `avg_pool2d` without padding."""
    window = _pool_window(recorder, input, kernel_size, stride, padding=padding, ceil_mode=ceil_mode)
    if any(window.padding) or divisor_override is not None:
        recorder.fail("average pooling with padding or its own divisor has no operator in the graph")
    return _averaged(recorder, input, window)


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


def trace_interpolate(
    recorder: Recorder,
    input: Traced,
    size: Numbers | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    **options: object,
) -> Traced:
    """Record `interpolate` of a map to its nearest pixels."""
    if mode != "nearest" or input.ndim != 4:
        recorder.fail(f"upsampling by {mode} of {tuple(input.shape)} has no operator in the graph; nearest on maps has")
    return trace_upsample(recorder, input, size, scale_factor)


def trace_upsample(
    recorder: Recorder,
    input: Traced,
    output_size: Numbers | None,
    scale_factors: float | Sequence[float] | None = None,
    *further_scales: float | None,
) -> Traced:
    """Record nearest upsampling by one whole factor."""
    spec = recorder.spec(input)
    if output_size is None:
        factors = [float(factor) for factor in spread(scale_factors, 2)]
    else:
        factors = [have / old for have, old in zip(spread(output_size, 2), (spec.height, spec.width), strict=True)]
    factor = int(factors[0])
    if factors != [factor, factor] or factor < 1:
        recorder.fail(f"upsampling by {factors}; the factor must be one whole number")
    name = recorder.new_name("upsample")
    extent = (spec.height * factor, spec.width * factor, spec.channels)
    operator = UpsampleNearest(name, (input.tensor,), name, factor)
    return recorder.append(operator, extent, (1, extent[2], extent[0], extent[1]))


def _averaged(recorder: Recorder, input: Traced, window: Window) -> Traced:
    if window.kernel == window.stride == (1, 1):
        return input
    name = recorder.new_name("average_pool")
    channels = recorder.spec(input).channels
    return append_window(recorder, AveragePool2d(name, (input.tensor,), name, window), input, window, channels)


def _pool_window(
    recorder: Recorder,
    input: Traced,
    kernel_size: Numbers,
    stride: Numbers | None,
    *,
    padding: Numbers,
    ceil_mode: bool,
) -> Window:
    need_map(recorder, input, "pooling")
    dimensions = input.ndim - 2
    kernel = height_and_width(spread(kernel_size, dimensions), 1)
    given = spread(stride, dimensions) if stride not in (None, (), []) else ()
    strides = height_and_width(given, 1) if given else kernel
    top, left = height_and_width(spread(padding, dimensions), 0)
    bottom, right = top, left
    if ceil_mode:
        spec = recorder.spec(input)
        bottom += _ceil_padding(spec.height, top, kernel[0], strides[0])
        right += _ceil_padding(spec.width, left, kernel[1], strides[1])
    return Window(kernel, strides, (top, left, bottom, right))


def _ceil_padding(size: int, padding: int, kernel: int, stride: int) -> int:
    """Give the rows PyTorch's `ceil_mode` adds; a window that would start in them is left out, as there."""
    rest = (size + 2 * padding - kernel) % stride
    if rest == 0:
        return 0
    count = (size + 2 * padding - kernel) // stride + 2
    return stride - rest if (count - 1) * stride < size + padding else 0
