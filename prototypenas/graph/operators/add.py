"""Element-wise sum of two tensors of one shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from prototypenas.errors import QuantizationError
from prototypenas.graph.operator import ROW_BY_ROW, OnnxNodes, Operator, RowReads, Tensors, ZeroPoints
from prototypenas.graph.requantization import add_arithmetic
from prototypenas.graph.sliding import narrowed
from prototypenas.graph.tensors import Activation, AddArithmetic, Quantization
from prototypenas.graph.traced_constants import is_constant, scaled_and_shifted
from prototypenas.graph.tracing import Handler, Recorder, Traced
from prototypenas.graph.weighted import clamped


@dataclass(frozen=True, eq=False)
class Add(Operator):
    """`y = left + right`; either may be overwritten by the output."""

    activation: Activation = Activation.NONE
    arithmetic: AddArithmetic | None = None

    kernels: ClassVar[tuple[str, ...]] = ("nn_add",)

    def input_lead_bytes(self, tensors: Tensors) -> int:
        """Return 0: it works in place."""
        return 0

    def reads_rows(self, tensors: Tensors, *, columns: bool = False) -> RowReads:
        """Return that a row is made from the same row."""
        return ROW_BY_ROW

    def run(self, inputs: Sequence[Tensor], weights: None) -> Tensor:
        """Return the float output."""
        return clamped(inputs[0] + inputs[1], self.activation)

    def quantized(self, sources: Sequence[Quantization], target: Quantization) -> Operator:
        """Return it with its int32 arithmetic."""
        return replace(self, arithmetic=add_arithmetic(sources[0], sources[1], target))

    def run_integers(self, inputs: Sequence[Tensor], zero_points: ZeroPoints, constants: None) -> Tensor:
        """Return the int8 output."""
        parts = self._integers()
        total = inputs[0].int() * parts.left_multiplier + inputs[1].int() * parts.right_multiplier
        return narrowed((total + parts.offset) >> parts.shift, zero_points.output, zero_points.low(self.activation))

    def c_arithmetic(self, weights_at: int, channels_at: int) -> tuple[str, tuple[int, ...]] | None:
        """Return multipliers, offset and shift."""
        parts = self._integers()
        return "add", (parts.left_multiplier, parts.right_multiplier, parts.offset, parts.shift)

    def onnx(self, nodes: OnnxNodes) -> str:
        """Append an Add."""
        return nodes.node("Add", nodes.maps(self.inputs), f"{self.output}/real")

    def _integers(self) -> AddArithmetic:
        if self.arithmetic is None:
            raise QuantizationError(f"{self.name}: no integer arithmetic; quantize the graph first")
        return self.arithmetic


def trace_add(recorder: Recorder, input: object, other: object, alpha: float = 1) -> Traced:
    """Record `add` of two tensors of one shape; adding 0 costs nothing."""
    left, right = (other, input) if not isinstance(input, Traced) else (input, other)
    if isinstance(left, Traced) and isinstance(right, int | float) and right == 0:
        return left
    if isinstance(left, Traced) and is_constant(right) and alpha == 1:
        return scaled_and_shifted(recorder, left, shift=right)
    if not isinstance(left, Traced) or not isinstance(right, Traced) or alpha != 1:
        recorder.fail("only two tensors made from the input can be added")
    first, second = recorder.spec(left), recorder.spec(right)
    if left.shape == right.shape and (left.storage.zero or right.storage.zero):
        return right if left.storage.zero else left
    extent = (first.height, first.width, first.channels)
    if left.shape != right.shape or extent != (second.height, second.width, second.channels):
        recorder.fail(f"{tuple(left.shape)} and {tuple(right.shape)} cannot be added: the graph does not broadcast")
    name = recorder.new_name("add")
    return recorder.append(Add(name, (left.tensor, right.tensor), name), extent, left.shape)


FUNCTIONS: Mapping[str, Handler] = {"add": trace_add}
