"""What operators share that bring int8 values, or sums of them, to another scale."""

from dataclasses import dataclass

from torch import Tensor

from prototypenas.errors import QuantizationError
from prototypenas.graph.operator import Operator, ZeroPoints
from prototypenas.graph.sliding import narrowed
from prototypenas.graph.tensors import Rescale


@dataclass(frozen=True, eq=False)
class Rescaling(Operator):
    """An operator whose integers are one `Rescale`, held in its field `arithmetic`."""

    def integers(self) -> Rescale:
        """Return the integer arithmetic.

        Raises:
            QuantizationError: if there is none.
        """
        found: Rescale | None = self.arithmetic  # type: ignore[attr-defined]
        if found is None:
            raise QuantizationError(f"{self.name}: no integer arithmetic; quantize the graph first")
        return found

    def rescaled(self, total: Tensor, zero_points: ZeroPoints) -> Tensor:
        """Return sums of inputs as int8 output."""
        parts = self.integers()
        values = (total.long() * parts.multiplier + parts.offset) >> parts.shift
        return narrowed(values, zero_points.output, zero_points.low(self.fused))

    def c_arithmetic(self, weights_at: int, channels_at: int) -> tuple[str, tuple[int, ...]] | None:
        """Return multiplier, shift, and the offset in two words."""
        parts = self.integers()
        return "rescale", (parts.multiplier, parts.shift, parts.offset & 0xFFFFFFFF, parts.offset >> 32)
