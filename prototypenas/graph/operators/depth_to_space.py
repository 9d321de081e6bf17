"""Channels spread over a block of pixels: the last step of a transposed convolution, and PyTorch's pixel shuffle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import Tensor

from prototypenas.graph.operator import OnnxNodes, Operator, RowReads, Tensors, ZeroPoints
from prototypenas.graph.operators.shuffle import trace_channel_shuffle
from prototypenas.graph.tensors import Window
from prototypenas.graph.tracing import Handler, Recorder, Traced


@dataclass(frozen=True, eq=False)
class DepthToSpace(Operator):
    """Each pixel becomes a block of pixels: the channels of its first come first, row by row of the block."""

    window: Window
    """The block, as a kernel of this size."""

    kernels: ClassVar[tuple[str, ...]] = ("nn_depth_to_space",)
    copies_bytes: ClassVar[bool] = True

    def reads_rows(self, tensors: Tensors, *, columns: bool = False) -> RowReads:
        """Return that each row, or time step, is read as often as the block has rows, or columns."""
        return RowReads(1, repeat=self.window.kernel[1 if columns else 0])

    def run(self, inputs: Sequence[Tensor], weights: None) -> Tensor:
        """Return the float output."""
        samples, channels, height, width = inputs[0].shape
        down, right = self.window.kernel
        parts = inputs[0].reshape(samples, down, right, channels // self.window.taps, height, width)
        return parts.permute(0, 3, 4, 1, 5, 2).reshape(samples, -1, height * down, width * right)

    def run_integers(self, inputs: Sequence[Tensor], zero_points: ZeroPoints, constants: None) -> Tensor:
        """Return the int8 output."""
        return self.run(inputs, None)

    def c_fields(self, tensors: Tensors) -> Mapping[str, int]:
        """Return the block."""
        return {"kernel_height": self.window.kernel[0], "kernel_width": self.window.kernel[1]}

    def onnx(self, nodes: OnnxNodes) -> str:
        """Append a Reshape, a Transpose and a Reshape; ONNX's own operator knows square blocks only."""
        result, target = f"{self.output}/real", nodes.tensors[self.output]
        (down, right), channels = self.window.kernel, target.channels
        parts = [down, right, channels, target.height // down, target.width // right]
        whole, order = [channels, target.height, target.width], [0, 3, 4, 1, 5, 2]
        if nodes.series:
            parts, whole, order = [right, *parts[2:3], parts[4]], [channels, target.width], [0, 2, 3, 1]
        sizes = [
            nodes.constant(f"{result}/{name}", np.array([0, *shape], np.int64))
            for name, shape in (("parts", parts), ("whole", whole))
        ]
        parted = nodes.node("Reshape", [*nodes.maps(self.inputs), sizes[0]], f"{result}/parted")
        spread = nodes.node("Transpose", [parted], f"{result}/spread", perm=order)
        return nodes.node("Reshape", [spread, sizes[1]], result)


def record_depth_to_space(recorder: Recorder, input: Traced, rows: int, columns: int) -> Traced:
    """Record a spreading of channels; nothing where the block is one pixel."""
    if rows * columns == 1:
        return input
    spec = recorder.spec(input)
    name = recorder.new_name("depth_to_space")
    extent = (spec.height * rows, spec.width * columns, spec.channels // (rows * columns))
    shape = (1, extent[2], *extent[:2]) if input.ndim == 4 else (1, extent[2], extent[1])
    block = Window((rows, columns), (1, 1), (0, 0, 0, 0))
    return recorder.append(DepthToSpace(name, (input.tensor,), name, block), extent, shape)


def trace_pixel_shuffle(recorder: Recorder, input: Traced, upscale_factor: int) -> Traced:
    """Record `pixel_shuffle`, which parts the channels of each output channel: a channel shuffle comes first."""
    channels = recorder.spec(input).channels
    if input.ndim != 4 or channels % upscale_factor**2:
        recorder.fail(f"{tuple(input.shape)} cannot be spread over blocks of {upscale_factor}x{upscale_factor} pixels")
    shuffled = trace_channel_shuffle(recorder, input, channels // upscale_factor**2)
    return record_depth_to_space(recorder, shuffled, upscale_factor, upscale_factor)


FUNCTIONS: Mapping[str, Handler] = {"pixel_shuffle": trace_pixel_shuffle}
