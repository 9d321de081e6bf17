"""Records what costs nothing on the target: views, zero padding, and functions without effect in evaluation."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from prototypenas.graph.traced_windows import Numbers, need_map, spread
from prototypenas.graph.tracing import Handler, Recorder, Traced


def trace_flatten(recorder: Recorder, input: Traced, start_dim: int = 0, end_dim: int = -1) -> Traced:
    """Record `flatten`, which is another view of the tensor."""
    start, end = start_dim % input.ndim, end_dim % input.ndim
    shape = (*input.shape[:start], input.shape[start : end + 1].numel(), *input.shape[end + 1 :])
    return trace_reshape(recorder, input, shape)


def trace_reshape(recorder: Recorder, input: Traced, *shape: Any) -> Traced:
    """Record `view` or `reshape` where the elements keep their order in memory: flattening and back."""
    sizes = [int(size) for size in (shape[0] if isinstance(shape[0], list | tuple) else shape)]
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = input.numel() // -math.prod(sizes)
    spec = recorder.spec(input)
    known = {(1, spec.elements), (1, spec.channels, spec.height, spec.width)}
    if spec.height == 1:
        known.add((1, spec.channels, spec.width))
    if _splits_channels(input, sizes):
        split = input.viewed(sizes)
        split.channel_groups = sizes[1]
        return split
    if tuple(sizes) not in known:
        recorder.fail(f"a view of {tuple(input.shape)} as {tuple(sizes)} has no operator in the graph; flattening has")
    return input.viewed(sizes)


def _splits_channels(input: Traced, sizes: Sequence[int]) -> bool:
    """Whether a view does nothing but take the channels apart into groups, as a channel shuffle begins."""
    return (
        len(sizes) == input.ndim + 1
        and input.ndim in (3, 4)
        and tuple(sizes[3:]) == tuple(input.shape[2:])
        and sizes[1] * sizes[2] == input.shape[1]
        and sizes[0] == 1
    )


def trace_squeeze(recorder: Recorder, input: Traced, dim: Numbers | None = None) -> Traced:
    """Record `squeeze` of named dimensions."""
    if dim is None:
        recorder.fail("a squeeze of all dimensions would drop the batch; name the dimension")
    axes = [axis % input.ndim for axis in spread(dim, 1)]
    return trace_reshape(
        recorder, input, [size for axis, size in enumerate(input.shape) if axis not in axes or size != 1]
    )


def trace_unsqueeze(recorder: Recorder, input: Traced, dim: int) -> Traced:
    """Record `unsqueeze`."""
    sizes = list(input.shape)
    sizes.insert(dim % (input.ndim + 1), 1)
    return trace_reshape(recorder, input, sizes)


def pad_zeros(
    recorder: Recorder, input: Traced, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Traced:
    """Record zero padding, which the next convolution takes over."""
    need_map(recorder, input, "padding")
    sides = [*pad, *[0] * 4][:4]
    if mode != "constant" or value not in (None, 0) or len(pad) > 2 * (input.ndim - 2) or min(sides) < 0:
        recorder.fail(f"padding {tuple(pad)} of mode {mode} with {value} cannot be lowered; zeros around the map can")
    recorder.padded = True
    left, right, top, bottom = sides
    old = input.padding
    padding = (old[0] + top, old[1] + left, old[2] + bottom, old[3] + right)
    shape = list(input.shape)
    shape[-1] += left + right
    if input.ndim == 4:
        shape[-2] += top + bottom
    return Traced(recorder, input.storage, tuple(shape), padding)


def trace_constant_pad(recorder: Recorder, input: Traced, pad: Sequence[int], value: float = 0) -> Traced:
    """Record ATen's zero padding."""
    return pad_zeros(recorder, input, pad, value=value)


def drop_softmax(recorder: Recorder, input: Traced, *options: object, **more: object) -> Traced:
    """Leave a softmax at the end out, which changes no order of the classes; nothing may read it."""
    kept = input.viewed(input.shape)
    kept.dropped = "softmax"
    recorder.recording.notes.append("the softmax at the end is left out: outputs are logits, classes the same")
    return kept


def keep(recorder: Recorder, input: Traced, *options: object, **more: object) -> Traced:
    """Return the value itself: what the function does has no effect in evaluation."""
    return input


SHAPE_FUNCTIONS: Mapping[str, Handler] = {
    "flatten": trace_flatten,
    "view": trace_reshape,
    "reshape": trace_reshape,
    "squeeze": trace_squeeze,
    "unsqueeze": trace_unsqueeze,
    "pad": pad_zeros,
    "constant_pad_nd": trace_constant_pad,
    "dropout": keep,
    "dropout1d": keep,
    "dropout2d": keep,
    "feature_dropout": keep,
    "alpha_dropout": keep,
    "contiguous": keep,
    "detach": keep,
    "clone": keep,
    "alias": keep,
    "float": keep,
    "to": keep,
    "softmax": drop_softmax,
    "log_softmax": drop_softmax,
    "_softmax": drop_softmax,
    "_log_softmax": drop_softmax,
}
