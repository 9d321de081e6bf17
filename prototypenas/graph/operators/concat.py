"""Concatenation along channels."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prototypenas.graph.operator import ROW_BY_ROW, CLayer, OnnxNodes, Operator, RowReads, Tensors, ZeroPoints
from prototypenas.graph.tracing import Handler, Recorder, Traced


@dataclass(frozen=True, eq=False)
class Concat(Operator):
    """Inputs side by side along channels: in C, one copy for each input that does not lie there already."""

    kernels: ClassVar[tuple[str, ...]] = ("nn_copy",)
    copies_bytes: ClassVar[bool] = True
    writes_with_gaps: ClassVar[bool] = False

    def reads_rows(self, tensors: Tensors, *, columns: bool = False) -> RowReads:
        """Return that a row is made from the same row."""
        return ROW_BY_ROW

    def run(self, inputs: Sequence[Tensor], weights: None) -> Tensor:
        """Return the float output."""
        return torch.cat(list(inputs), dim=1)

    def run_integers(self, inputs: Sequence[Tensor], zero_points: ZeroPoints, constants: None) -> Tensor:
        """Return the int8 output."""
        return torch.cat(list(inputs), dim=1)

    def c_layers(self, tensors: Tensors, written_in_place: Collection[str]) -> list[CLayer]:
        """Return a copy for each input that no producer writes in place."""
        layers, channel, width = [], 0, tensors[self.output].channels
        for name in self.inputs:
            source = tensors[name]
            if name not in written_in_place:
                layers.append(CLayer(self.kernel, source, source, (name,), output_start=channel, pixel_stride=width))
            channel += source.channels
        return layers

    def onnx(self, nodes: OnnxNodes) -> str:
        """Append a Concat."""
        return nodes.node("Concat", nodes.maps(self.inputs), f"{self.output}/real", axis=1)


def trace_concatenation(recorder: Recorder, tensors: Sequence[object], dim: int = 0) -> Traced:
    """Record `cat` along channels."""
    values = [value for value in tensors if isinstance(value, Traced)]
    first = recorder.spec(values[0])
    specs = [recorder.spec(value) for value in values]
    if len(values) != len(tensors) or dim % values[0].ndim != 1:
        recorder.fail("only tensors made from the input can be concatenated, along channels")
    if any((spec.height, spec.width) != (first.height, first.width) for spec in specs):
        recorder.fail(f"maps of {[(spec.height, spec.width) for spec in specs]} pixels cannot be concatenated")
    if values[0].ndim == 2 and first.height * first.width > 1:
        recorder.fail("flattened maps cannot be concatenated")
    if len(values) == 1:
        return values[0]
    name = recorder.new_name("concat")
    channels = sum(spec.channels for spec in specs)
    operator = Concat(name, tuple(value.tensor for value in values), name)
    shape = (1, channels, *values[0].shape[2:])
    return recorder.append(operator, (first.height, first.width, channels), shape)


FUNCTIONS: Mapping[str, Handler] = {
    "cat": trace_concatenation,
    "concat": trace_concatenation,
    "concatenate": trace_concatenation,
}
