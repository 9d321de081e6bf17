"""A part of a map: some of its channels, rows and columns, or one time step of a series."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from torch import Tensor

from prototypenas.graph.operator import ROW_BY_ROW, CLayer, OnnxNodes, Operator, RowReads, Tensors, ZeroPoints
from prototypenas.graph.tracing import Handler, Recorder, Traced


@dataclass(frozen=True, eq=False)
class Crop(Operator):
    """`(start, end)` of channels, rows and columns, the ends not included."""

    channels: tuple[int, int]
    rows: tuple[int, int]
    columns: tuple[int, int]

    kernels: ClassVar[tuple[str, ...]] = ("nn_copy",)
    copies_bytes: ClassVar[bool] = True

    def reads_rows(self, tensors: Tensors, *, columns: bool = False) -> RowReads | None:
        """Return that a row is made from the same row, as long as none is left out."""
        source = tensors[self.inputs[0]]
        kept, whole = (self.columns, source.width) if columns else (self.rows, source.height)
        return ROW_BY_ROW if kept == (0, whole) else None

    def run(self, inputs: Sequence[Tensor], weights: None) -> Tensor:
        """Return the float output."""
        (first, last), (top, bottom), (left, right) = self.channels, self.rows, self.columns
        return inputs[0][:, first:last, top:bottom, left:right].contiguous()

    def run_integers(self, inputs: Sequence[Tensor], zero_points: ZeroPoints, constants: None) -> Tensor:
        """Return the int8 output."""
        return self.run(inputs, None)

    def c_layers(self, tensors: Tensors, written_in_place: Collection[str]) -> list[CLayer]:
        """Return one copy that starts inside the input."""
        source, target = tensors[self.inputs[0]], tensors[self.output]
        start = (self.rows[0] * source.width + self.columns[0]) * source.channels + self.channels[0]
        return [CLayer(self.kernel, source, target, self.inputs, input_start=start)]

    def onnx(self, nodes: OnnxNodes) -> str:
        """Append a Slice."""
        ranges = [self.channels, self.columns] if nodes.series else [self.channels, self.rows, self.columns]
        result = f"{self.output}/real"
        parts = {
            "starts": [start for start, _ in ranges],
            "ends": [end for _, end in ranges],
            "axes": list(range(1, len(ranges) + 1)),
        }
        names = [nodes.constant(f"{result}/{name}", np.array(values, np.int64)) for name, values in parts.items()]
        return nodes.node("Slice", [*nodes.maps(self.inputs), *names], result)


def record_crop(recorder: Recorder, input: Traced, ranges: Sequence[tuple[int, int]], kept: Sequence[bool]) -> Traced:
    """Record the part of a value in `ranges`, one for each dimension but the batch; `kept` are those that stay."""
    spec = recorder.spec(input)
    if input.ndim == 2 and spec.height * spec.width > 1:
        recorder.fail("a part of a flattened map has no operator in the graph")
    whole = {2: [(0, 1), (0, 1)], 3: [(0, 1)], 4: []}[input.ndim]
    channels, *places = ranges
    rows, columns = (whole + places)[-2:] if input.ndim > 2 else whole
    shape = [1, *(end - start for (start, end), stays in zip(ranges, kept, strict=True) if stays)]
    extent = (rows[1] - rows[0], columns[1] - columns[0], channels[1] - channels[0])
    if extent == (spec.height, spec.width, spec.channels):
        return input.viewed(shape)
    name = recorder.new_name("crop")
    return recorder.append(Crop(name, (input.tensor,), name, channels, rows, columns), extent, shape)


def trace_index(recorder: Recorder, input: Traced, index: Any) -> Traced:
    """Record `x[...]` with slices of step 1 and single places; the batch stays."""
    given = list(index) if isinstance(index, tuple) else [index]
    if Ellipsis in given:
        at = given.index(Ellipsis)
        given[at : at + 1] = [slice(None)] * (input.ndim - len(given) + 1)
    given += [slice(None)] * (input.ndim - len(given))
    if given[0] != slice(None) or len(given) != input.ndim:
        recorder.fail(f"index {index!r} of {tuple(input.shape)} has no operator in the graph; the batch must stay")
    ranges, kept = [], []
    for place, size in zip(given[1:], input.shape[1:], strict=True):
        if isinstance(place, slice) and place.step in (None, 1):
            start, end, _ = place.indices(size)
        elif isinstance(place, int) and -size <= place < size:
            start, end = place % size, place % size + 1
        else:
            recorder.fail(f"index {place!r} of {size} has no operator in the graph; slices of step 1 have")
        ranges.append((start, end))
        kept.append(isinstance(place, slice))
    return record_crop(recorder, input, ranges, kept)


def trace_narrow(recorder: Recorder, input: Traced, dim: int, start: int, length: int) -> Traced:
    """Record `narrow`."""
    return _along(recorder, input, dim, start, start + length)


def trace_slice(  # noqa: PLR0917 - PyTorch's own argument order
    recorder: Recorder, input: Traced, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Traced:
    """Record ATen's slice."""
    size = int(input.shape[dim])
    if step != 1:
        recorder.fail("a slice with a step has no operator in the graph")
    first, last, _ = slice(start, end).indices(size)
    return input if (first, last) == (0, size) else _along(recorder, input, dim, first, last)


def trace_select(recorder: Recorder, input: Traced, dim: int, index: int) -> Traced:
    """Record one place of a dimension, which is dropped."""
    dim %= input.ndim
    return trace_index(recorder, input, tuple(index if axis == dim else slice(None) for axis in range(input.ndim)))


def trace_chunk(recorder: Recorder, input: Traced, chunks: int, dim: int = 0) -> list[Traced]:
    """Record `chunk`."""
    return trace_split(recorder, input, -(-int(input.shape[dim]) // chunks), dim)


def trace_split(recorder: Recorder, input: Traced, sizes: int | Sequence[int], dim: int = 0) -> list[Traced]:
    """Record `split` into parts of one size, or of these sizes."""
    total = int(input.shape[dim])
    parts = [min(sizes, total - at) for at in range(0, total, sizes)] if isinstance(sizes, int) else list(sizes)
    ends = np.cumsum(parts).tolist()
    return [_along(recorder, input, dim, end - size, end) for end, size in zip(ends, parts, strict=True)]


def _along(recorder: Recorder, input: Traced, dim: int, start: int, end: int) -> Traced:
    dim %= input.ndim
    return trace_index(
        recorder, input, tuple(slice(start, end) if axis == dim else slice(None) for axis in range(input.ndim))
    )


FUNCTIONS: Mapping[str, Handler] = {
    "getitem": trace_index,
    "narrow": trace_narrow,
    "slice": trace_slice,
    "select": trace_select,
    "chunk": trace_chunk,
    "split": trace_split,
    "split_with_sizes": trace_split,
}
