"""Nearest upsampling by a whole factor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import Tensor

from prototypenas.graph.operator import OnnxNodes, Operator, RowReads, Tensors, ZeroPoints
from prototypenas.graph.traced_windows import Numbers, spread
from prototypenas.graph.tracing import Handler, Recorder, Traced


@dataclass(frozen=True, eq=False)
class UpsampleNearest(Operator):
    """Each pixel repeated `factor` times in both directions."""

    factor: int

    kernels: ClassVar[tuple[str, ...]] = ("nn_upsample",)
    copies_bytes: ClassVar[bool] = True
    passes_normalization: ClassVar[bool] = True

    def reads_rows(self, tensors: Tensors, *, columns: bool = False) -> RowReads:
        """Return that each row is read `factor` times."""
        return RowReads(1, repeat=self.factor)

    def input_lead_bytes(self, tensors: Tensors) -> int:
        """Return how far the input must start behind the output."""
        spec, output = tensors[self.inputs[0]], tensors[self.output]
        row_bytes, out_row_bytes = spec.width * spec.channels, output.width * output.channels
        rows = max(row * out_row_bytes - row // self.factor * row_bytes for row in range(output.height))
        columns = max((column - column // self.factor) * spec.channels for column in range(output.width))
        return min(rows + columns, output.elements)

    def run(self, inputs: Sequence[Tensor], weights: None) -> Tensor:
        """Return the float output."""
        return inputs[0].repeat_interleave(self.factor, dim=2).repeat_interleave(self.factor, dim=3)

    def run_integers(self, inputs: Sequence[Tensor], zero_points: ZeroPoints, constants: None) -> Tensor:
        """Return the int8 output."""
        return self.run(inputs, None)

    def c_fields(self, tensors: Tensors) -> Mapping[str, int]:
        """Return the factor."""
        return {"kernel_height": self.factor, "kernel_width": self.factor}

    def onnx(self, nodes: OnnxNodes) -> str:
        """Append a Resize."""
        result = f"{self.output}/real"
        scales = np.array([1, 1, *[self.factor] * (1 if nodes.series else 2)], np.float32)
        inputs = [*nodes.maps(self.inputs), "", nodes.constant(f"{result}/scales", scales)]
        modes = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return nodes.node("Resize", inputs, result, **modes)


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


FUNCTIONS: Mapping[str, Handler] = {"interpolate": trace_interpolate, "upsample_nearest2d": trace_upsample}
