"""Element-wise change of scale, or a rectifier that no producer could absorb."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from prototypenas.graph.operator import ROW_BY_ROW, OnnxNodes, Operator, RowReads, Tensors, ZeroPoints
from prototypenas.graph.requantization import rescale
from prototypenas.graph.rescaling import Rescaling
from prototypenas.graph.tensors import Activation, Quantization, Rescale
from prototypenas.graph.tracing import Handler
from prototypenas.graph.weighted import clamped


@dataclass(frozen=True, eq=False)
class Requantize(Rescaling):
    """The same real values at another scale, rectified where asked."""

    activation: Activation = Activation.NONE
    arithmetic: Rescale | None = None

    kernels: ClassVar[tuple[str, ...]] = ("nn_requantize",)

    def input_lead_bytes(self, tensors: Tensors) -> int:
        """Return 0: it works in place."""
        return 0

    def reads_rows(self, tensors: Tensors, *, columns: bool = False) -> RowReads:
        """Return that a row is made from the same row."""
        return ROW_BY_ROW

    def run(self, inputs: Sequence[Tensor], weights: None) -> Tensor:
        """Return the float output."""
        return clamped(inputs[0], self.activation)

    def quantized(self, sources: Sequence[Quantization], target: Quantization) -> Operator:
        """Return it with its int64 arithmetic."""
        return replace(self, arithmetic=rescale(sources[0], target))

    def run_integers(self, inputs: Sequence[Tensor], zero_points: ZeroPoints, constants: None) -> Tensor:
        """Return the int8 output."""
        return self.rescaled(inputs[0], zero_points)

    def onnx(self, nodes: OnnxNodes) -> str:
        """Return the input: the quantization behind it is all there is to do."""
        return nodes.maps(self.inputs)[0]


FUNCTIONS: Mapping[str, Handler] = {}
"""`folding.py` makes it of a rectifier that no producer takes."""
