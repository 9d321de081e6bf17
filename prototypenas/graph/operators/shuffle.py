"""Channel shuffle between groups, as ShuffleNet does it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import Tensor

from prototypenas.graph.operator import ROW_BY_ROW, OnnxNodes, Operator, RowReads, Tensors, ZeroPoints
from prototypenas.graph.tracing import Handler, Recorder, Traced


@dataclass(frozen=True, eq=False)
class Shuffle(Operator):
    """Output channel `k * groups + g` is input channel `g * (C / groups) + k`."""

    groups: int

    kernels: ClassVar[tuple[str, ...]] = ("nn_shuffle",)
    copies_bytes: ClassVar[bool] = True

    def reads_rows(self, tensors: Tensors, *, columns: bool = False) -> RowReads:
        """Return that a row is made from the same row."""
        return ROW_BY_ROW

    def run(self, inputs: Sequence[Tensor], weights: None) -> Tensor:
        """Return the float output."""
        samples, channels, height, width = inputs[0].shape
        parts = inputs[0].reshape(samples, self.groups, channels // self.groups, height, width)
        return parts.transpose(1, 2).reshape(samples, channels, height, width)

    def run_integers(self, inputs: Sequence[Tensor], zero_points: ZeroPoints, constants: None) -> Tensor:
        """Return the int8 output."""
        return self.run(inputs, None)

    def c_arithmetic(self, weights_at: int, channels_at: int) -> tuple[str, tuple[int, ...]] | None:
        """Return the groups."""
        return "dense", (weights_at, channels_at, 1, 1, self.groups)

    def onnx(self, nodes: OnnxNodes) -> str:
        """Append a Gather along channels."""
        channels = nodes.tensors[self.output].channels
        order = np.arange(channels, dtype=np.int64).reshape(self.groups, -1).T.reshape(-1)
        result = f"{self.output}/real"
        inputs = [*nodes.maps(self.inputs), nodes.constant(f"{result}/order", order)]
        return nodes.node("Gather", inputs, result, axis=1)


def trace_channel_shuffle(recorder: Recorder, input: Traced, groups: int) -> Traced:
    """Record `channel_shuffle`; with one group it is nothing."""
    spec = recorder.spec(input)
    if input.ndim not in (3, 4) or spec.channels % groups:
        recorder.fail(f"{tuple(input.shape)} cannot be shuffled in {groups} groups")
    if groups in (1, spec.channels):
        return input
    name = recorder.new_name("shuffle")
    operator = Shuffle(name, (input.tensor,), name, groups)
    return recorder.append(operator, (spec.height, spec.width, spec.channels), input.shape)


def trace_transpose(recorder: Recorder, input: Traced, dim0: int, dim1: int) -> Traced:
    """Record the transposition in the middle of a channel shuffle written out: view, transpose, view."""
    axes = sorted(axis % input.ndim for axis in (dim0, dim1))
    if input.ndim not in (4, 5) or axes != [1, 2] or input.channel_groups is None:
        recorder.fail(f"a transposition of {tuple(input.shape)} has no operator in the graph; a channel shuffle has")
    shape = (1, *input.shape[3:])
    flat = input.viewed((1, input.shape[1] * input.shape[2], *shape[1:]))
    shuffled = trace_channel_shuffle(recorder, flat, input.channel_groups)
    return shuffled.viewed((1, input.shape[2], input.shape[1], *shape[1:]))


FUNCTIONS: Mapping[str, Handler] = {"channel_shuffle": trace_channel_shuffle, "transpose": trace_transpose}
