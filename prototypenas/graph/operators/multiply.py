"""Product of two tensors: element by element, or a map times one value a channel (squeeze and excitation)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from prototypenas.errors import QuantizationError
from prototypenas.graph.operator import ROW_BY_ROW, OnnxNodes, Operator, RowReads, Tensors, ZeroPoints
from prototypenas.graph.operators.lookup import record_zeros
from prototypenas.graph.requantization import rescale
from prototypenas.graph.sliding import narrowed
from prototypenas.graph.tensors import Activation, ProductArithmetic, Quantization
from prototypenas.graph.traced_constants import is_constant, scaled_and_shifted
from prototypenas.graph.tracing import Handler, Recorder, Traced
from prototypenas.graph.weighted import clamped


@dataclass(frozen=True, eq=False)
class Multiply(Operator):
    """`y = left * right`; `right` has the shape of `left`, or is 1x1 and holds a factor for each channel."""

    activation: Activation = Activation.NONE
    arithmetic: ProductArithmetic | None = None

    kernels: ClassVar[tuple[str, ...]] = ("nn_multiply",)

    def input_lead_bytes(self, tensors: Tensors) -> int:
        """Return 0 for equal shapes: it works in place; the factors of channels must stay to the end."""
        left, right = (tensors[name] for name in self.inputs)
        return 0 if left.elements == right.elements else tensors[self.output].elements

    def reads_rows(self, tensors: Tensors, *, columns: bool = False) -> RowReads:
        """Return that a row is made from the same row."""
        return ROW_BY_ROW

    def run(self, inputs: Sequence[Tensor], weights: None) -> Tensor:
        """Return the float output."""
        return clamped(inputs[0] * inputs[1], self.activation)

    def quantized(self, sources: Sequence[Quantization], target: Quantization) -> Operator:
        """Return it with its int64 arithmetic."""
        product = rescale(Quantization(sources[0].scale * sources[1].scale, 0), target)
        return replace(self, arithmetic=ProductArithmetic(product.multiplier, product.shift, sources[1].zero_point))

    def run_integers(self, inputs: Sequence[Tensor], zero_points: ZeroPoints, constants: None) -> Tensor:
        """Return the int8 output."""
        parts = self._integers()
        left, right = (value.long() - zero for value, zero in zip(inputs, zero_points.inputs, strict=True))
        values = (left * right * parts.multiplier + (1 << (parts.shift - 1))) >> parts.shift
        return narrowed(values, zero_points.output, zero_points.low(self.activation))

    def c_arithmetic(self, weights_at: int, channels_at: int) -> tuple[str, tuple[int, ...]] | None:
        """Return multiplier, shift and the second input's zero point."""
        parts = self._integers()
        return "product", (parts.multiplier, parts.shift, parts.second_zero_point)

    def c_fields(self, tensors: Tensors) -> Mapping[str, int]:
        """Return how far two factors lie apart in height and width: 0 where one serves the whole map."""
        left, right = (tensors[name] for name in self.inputs)
        every = int(left.elements == right.elements)
        return {"kernel_height": every, "kernel_width": every}

    def onnx(self, nodes: OnnxNodes) -> str:
        """Append a Mul, which broadcasts."""
        return nodes.node("Mul", nodes.maps(self.inputs), f"{self.output}/real")

    def _integers(self) -> ProductArithmetic:
        if self.arithmetic is None:
            raise QuantizationError(f"{self.name}: no integer arithmetic; quantize the graph first")
        return self.arithmetic


def trace_multiply(recorder: Recorder, input: object, other: object) -> Traced:
    """Record `mul` of two tensors, or of one and constants of its channels."""
    left, right = (other, input) if not isinstance(input, Traced) else (input, other)
    if isinstance(left, Traced) and isinstance(right, int | float) and right == 0:
        return record_zeros(recorder, left)
    if isinstance(left, Traced) and is_constant(right):
        return scaled_and_shifted(recorder, left, scale=right)
    if not isinstance(left, Traced) or not isinstance(right, Traced):
        recorder.fail(f"a product with a {type(right).__name__} has no operator in the graph")
    first, second = recorder.spec(left), recorder.spec(right)
    if first.elements < second.elements:
        left, right, first, second = right, left, second, first
    extent = (first.height, first.width, first.channels)
    shape = (second.height, second.width, second.channels)
    if left.ndim != right.ndim or shape not in (extent, (1, 1, first.channels)):
        recorder.fail(f"{tuple(left.shape)} and {tuple(right.shape)} cannot be multiplied: only equal shapes, or 1x1")
    name = recorder.new_name("multiply")
    return recorder.append(Multiply(name, (left.tensor, right.tensor), name), extent, left.shape)


FUNCTIONS: Mapping[str, Handler] = {"mul": trace_multiply}
