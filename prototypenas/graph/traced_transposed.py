"""Records transposed convolutions as convolutions of the input whose channels are then spread over pixels.

Output pixel `Y` of a transposed convolution of stride `s` and padding `p` sums `x[y] * w[k]` over `y * s - p + k = Y`.
Pixels of one phase `f = Y mod s` read the same taps: where `f + p = a * s + r`, tap `r + t * s` meets input
`Y // s + a - t`.
So `s` ordinary filters, one a phase, read one window of the input and give the `s` pixels of a block (Shi et al. 2016,
"Is the deconvolution layer the same as a convolutional layer?"). No product with an inserted zero is computed.
"""

from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor

from prototypenas.graph.operators.conv2d import trace_convolution
from prototypenas.graph.operators.crop import record_crop
from prototypenas.graph.operators.depth_to_space import record_depth_to_space
from prototypenas.graph.traced_shapes import pad_zeros
from prototypenas.graph.traced_windows import Numbers, height_and_width, need_map, spread
from prototypenas.graph.tracing import NO_PADDING, Handler, Recorder, Traced


class Phases(NamedTuple):
    """One axis of a transposed convolution as filters of an ordinary one."""

    stride: int
    before: int
    """Zeros that the input needs before its first pixel."""
    size: int
    """Of the filters."""
    taps: tuple[tuple[int, int, int], ...]
    """Phase, place in its filter, and tap of the transposed convolution, for each of the latter."""

    def after(self, blocks: int, size: int) -> int:
        """Return the zeros an input of `size` pixels needs behind its last for so many blocks of output."""
        return max(0, blocks - 1 + self.size - self.before - size)


def phases_of(kernel: int, stride: int, padding: int) -> Phases:
    """Return the filters of one axis."""
    found = []
    for phase in range(stride):
        ahead, first = divmod(phase + padding, stride)
        found += [(phase, ahead - turn, tap) for turn, tap in enumerate(range(first, kernel, stride))]
    start = min(0, *(place for _, place, _ in found))
    end = max(0, *(place for _, place, _ in found))
    return Phases(stride, -start, end - start + 1, tuple((phase, place - start, tap) for phase, place, tap in found))


def trace_transposed_convolution(  # noqa: PLR0917 - PyTorch's own argument order
    recorder: Recorder,
    input: Traced,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Traced:
    """Record `conv_transpose1d` or `conv_transpose2d`, dense and without dilation."""
    need_map(recorder, input, "a transposed convolution")
    axes = weight.dim() - 2
    if groups != 1 or any(step != 1 for step in spread(dilation, axes)):
        recorder.fail("a transposed convolution with groups or dilation has no operator in the graph")
    if input.padding != NO_PADDING:
        recorder.fail("zero padding can go into a convolution, not into a transposed one")
    if recorder.spec(input).channels != weight.shape[0]:
        recorder.fail(f"the input has {recorder.spec(input).channels} channels, the weights want {weight.shape[0]}")
    strides, kernel = spread(stride, axes), tuple(weight.shape[2:])
    margins, further = spread(padding, axes), spread(output_padding, axes)
    sizes = [
        (have - 1) * step - 2 * margin + width + more
        for have, step, margin, width, more in zip(input.shape[2:], strides, margins, kernel, further, strict=True)
    ]
    phases = [phases_of(*axis) for axis in zip(kernel, strides, margins, strict=True)]
    around: list[int] = []
    for axis, size, step, have in zip(phases, sizes, strides, input.shape[2:], strict=True):
        around = [axis.before, axis.after(-(-size // step), have), *around]
    filters = _filters(weight, *([Phases(1, 0, 1, ((0, 0, 0),))] if axes == 1 else []), *phases)
    offsets = None if bias is None else bias.repeat(len(filters) // len(bias))
    convolved = trace_convolution(recorder, pad_zeros(recorder, input, around), filters, offsets)
    rows, columns = height_and_width(strides, 1)
    blocks = record_depth_to_space(recorder, convolved, rows, columns)
    ranges = [(0, weight.shape[1]), *((0, size) for size in sizes)]
    return record_crop(recorder, blocks, ranges, [True] * len(ranges))


def _filters(weight: Tensor, down: Phases, right: Phases) -> Tensor:
    """Return `(rows * columns * C_out, C_in, K_h, K_w)`, of a series without `K_h`, from `(C_in, C_out, ...)`."""
    series = weight.dim() == 3
    given = weight.detach()[:, :, None] if series else weight.detach()
    filters = given.new_zeros(down.stride, right.stride, given.shape[1], given.shape[0], down.size, right.size)
    for row, y, tap_y in down.taps:
        for column, x, tap_x in right.taps:
            filters[row, column, :, :, y, x] = given[:, :, tap_y, tap_x].T
    flat = filters.reshape(-1, given.shape[0], down.size, right.size)
    return flat[:, :, 0] if series else flat


def trace_aten_convolution(  # noqa: PLR0917 - PyTorch's own argument order
    recorder: Recorder,
    input: Traced,
    weight: Tensor,
    bias: Tensor | None,
    stride: Numbers,
    padding: Numbers,
    dilation: Numbers,
    transposed: bool,
    output_padding: Numbers,
    groups: int,
) -> Traced:
    """Record ATen's general convolution, as decomposed exported programs call it."""
    if transposed:
        return trace_transposed_convolution(
            recorder, input, weight, bias, stride, padding, output_padding, groups, dilation
        )
    return trace_convolution(recorder, input, weight, bias, stride, padding, dilation, groups)


TRANSPOSED_FUNCTIONS: Mapping[str, Handler] = {
    "conv_transpose1d": trace_transposed_convolution,
    "conv_transpose2d": trace_transposed_convolution,
    "convolution": trace_aten_convolution,
}
