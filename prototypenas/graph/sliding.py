"""What operators with a sliding window share: taps in PyTorch, how far writing runs ahead of reading, C fields."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from prototypenas.graph.operator import RowReads
from prototypenas.graph.tensors import TensorSpec, Window

POINT = Window((1, 1), (1, 1), (0, 0, 0, 0))


def padded(inputs: Tensor, window: Window, value: float) -> Tensor:
    """Return maps `(N, C, H, W)` with the window's padding around them."""
    top, left, bottom, right = window.padding
    return F.pad(inputs, (left, right, top, bottom), value=value) if any(window.padding) else inputs


def output_size(inputs: Tensor, window: Window) -> tuple[int, int]:
    """Return height and width of what the window makes of padded maps."""
    (height, width), (down, right) = window.span, window.stride
    return (inputs.shape[2] - height) // down + 1, (inputs.shape[3] - width) // right + 1


def taps(inputs: Tensor, window: Window, padding: int) -> list[Tensor]:
    """Return, for each position in the window, the inputs under it: views `(N, C, H_out, W_out)`."""
    maps = padded(inputs, window, padding)
    rows, columns = output_size(maps, window)
    (height, width), (down, right), (far, wide) = window.kernel, window.stride, window.dilation
    return [
        maps[
            :,
            :,
            y * far : y * far + (rows - 1) * down + 1 : down,
            x * wide : x * wide + (columns - 1) * right + 1 : right,
        ]
        for y in range(height)
        for x in range(width)
    ]


def rescaled(total: Tensor, multiplier: int, offset: int, shift: int) -> Tensor:
    """Return `(total * multiplier + offset) >> shift` in int64."""
    return (total.long() * multiplier + offset) >> shift


def narrowed(values: Tensor, zero_point: int, low: int) -> Tensor:
    """Return integers moved to the output's zero point and clamped to int8; `values` is overwritten."""
    return values.add_(zero_point).clamp_(low, 127).to(torch.int8)


def window_rows(window: Window, *, columns: bool) -> RowReads:
    """Return the input rows, or columns, under the window at each of its positions."""
    axis = 1 if columns else 0
    return RowReads(window.span[axis], window.stride[axis], window.padding[axis])


def window_lead(window: Window, spec: TensorSpec, output: TensorSpec) -> int:
    """Return the largest lag of the first byte pixel j reads behind the first byte it writes, at least 0.

    Convolutions stage a pixel's inputs before they write it; the others write a channel after they read it, and
    need only later channels of the same pixels.
    """
    top, left = window.padding[:2]
    row_bytes, out_row_bytes = spec.width * spec.channels, output.width * output.channels
    rows = _greatest_advance(output.height, out_row_bytes, row_bytes, (window.stride[0], top))
    lead = rows + _greatest_advance(output.width, output.channels, spec.channels, (window.stride[1], left))
    return min(max(lead, 0), output.elements)


def window_fields(window: Window, target: TensorSpec) -> Mapping[str, int]:
    """Return the window as fields of a C descriptor.

    A single position never strides; pooling a whole map often carries the map's size as its stride.
    """
    positions = (target.height, target.width)
    strides = [stride if count > 1 else 1 for stride, count in zip(window.stride, positions, strict=True)]
    return {
        "kernel_height": window.kernel[0],
        "kernel_width": window.kernel[1],
        "stride_height": strides[0],
        "stride_width": strides[1],
        "pad_top": window.padding[0],
        "pad_left": window.padding[1],
    }


def round_up(count: int, unit: int) -> int:
    """Return the least multiple of `unit` that is not below `count`."""
    return -(-count // unit) * unit


def _greatest_advance(count: int, written: int, read: int, step: tuple[int, int]) -> int:
    """Return how far writing gets ahead of the first input still needed, over `count` positions.

    Linear but for where the window leaves the padding, so that corner and both ends are all there is to look at.
    """
    stride, padding = step
    corner = padding // stride
    positions = {0, min(corner, count - 1), min(corner + 1, count - 1), count - 1}
    return max(place * written - max(0, place * stride - padding) * read for place in positions)
