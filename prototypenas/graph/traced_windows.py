"""What recording a sliding window needs: PyTorch's size arguments, the output's shape."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from prototypenas.graph.tensors import Window
from prototypenas.graph.tracing import Recorder, Traced

Numbers = int | Sequence[int]
"""One size for all dimensions, or one for each."""


def append_window(recorder: Recorder, operator: Any, input: Traced, window: Window, channels: int) -> Traced:
    """Record an operator with a sliding window and work out its output's shape."""
    spec = recorder.spec(input)
    top, left, bottom, right = window.padding
    height = (spec.height + top + bottom - window.span[0]) // window.stride[0] + 1
    width = (spec.width + left + right - window.span[1]) // window.stride[1] + 1
    shape = (1, channels, height, width) if input.ndim == 4 else (1, channels, width)
    return recorder.append(operator, (height, width, channels), shape)


def height_and_width(values: Sequence[Any], first: int) -> tuple[int, int]:
    """Return height and width; a series has height 1 and takes `first` there."""
    return (values[0], values[1]) if len(values) == 2 else (first, values[0])


def spread(value: Any, dimensions: int) -> tuple[Any, ...]:
    """Return one size for each dimension, as PyTorch does with a single number."""
    values = tuple(value) if isinstance(value, list | tuple | torch.Size) else (value,)
    return values * dimensions if len(values) == 1 else values


def need_map(recorder: Recorder, input: object, what: str) -> None:
    """Refuse a function, described by `what`, on anything but a map or a series."""
    if not isinstance(input, Traced) or input.ndim not in (3, 4):
        shape = tuple(input.shape) if isinstance(input, Traced | Tensor) else type(input).__name__
        recorder.fail(f"{what} of {shape} has no operator in the graph")


def pool_window(
    recorder: Recorder,
    input: Traced,
    kernel_size: Numbers,
    stride: Numbers | None,
    *,
    padding: Numbers,
    ceil_mode: bool,
) -> Window:
    """Return the window of a pooling's arguments; what `ceil_mode` adds becomes padding."""
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
    """Return the rows PyTorch's `ceil_mode` adds; a window that would start in them is left out, as there."""
    rest = (size + 2 * padding - kernel) % stride
    if rest == 0:
        return 0
    count = (size + 2 * padding - kernel) // stride + 2
    return stride - rest if (count - 1) * stride < size + padding else 0
