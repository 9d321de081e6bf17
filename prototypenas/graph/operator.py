"""What every operator says of itself: its cost, its float and integer arithmetic, its C and its ONNX form.

Each operator is one file of `operators/`; the rest of the library asks it and knows no operator by name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from prototypenas.graph.tensors import Activation, IntegerWeights, Quantization, TensorSpec, low_bound

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Tensors = Mapping[str, TensorSpec]
"""The tensors of a graph by name."""


@dataclass(frozen=True)
class ZeroPoints:
    """The integers that stand for 0.0 in an operator's inputs and in its output."""

    inputs: tuple[int, ...]
    output: int

    def low(self, activation: Activation) -> int:
        """Return the least int8 value to be written with this fused activation."""
        return low_bound(activation, self.output)


@dataclass(frozen=True)
class CLayer:
    """One C descriptor of an operator, but for its addresses."""

    kernel: str
    source: TensorSpec
    target: TensorSpec
    inputs: tuple[str, ...]
    input_start: int = 0
    """Bytes from the first byte of the first input tensor."""
    output_start: int = 0
    """Bytes from the first byte of the output tensor."""
    pixel_stride: int | None = None
    """Distance of two output pixels; None where the memory plan decides."""
    fields: Mapping[str, int] | None = None
    """Further fields of the descriptor."""


@dataclass(frozen=True)
class RowReads:
    """The input rows an output row is made from: `kernel` of them from row `row * stride // repeat - padding` on."""

    kernel: int
    stride: int = 1
    padding: int = 0
    repeat: int = 1
    summed: bool = False
    """The rows are summed as they come, and the one output row is made with the last."""


ROW_BY_ROW = RowReads(1)
"""A row is made from the same row of every input."""


class OnnxNodes(Protocol):
    """Collects the nodes of an ONNX model; every method returns the name of the value it made."""

    series: bool
    """Whether the network's maps are series `(N, C, T)`."""
    tensors: Tensors

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Append a node with one output."""

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """Append an initializer."""

    def dequantized(self, name: str, values: NDArray[Any], steps: NDArray[np.float64]) -> str:
        """Append an integer initializer, and the node that makes it real by one step a channel (axis 0)."""

    def maps(self, tensors: Sequence[str]) -> list[str]:
        """Return tensors as real values `(N, C, H, W)`, of a series `(N, C, T)`."""

    def window(self, window: Any) -> dict[str, list[int]]:
        """Return the attributes of a sliding window."""

    def flattened(self, tensor: str, name: str) -> str:
        """Append what makes a tensor's real value flat, `(N, F)` in PyTorch's order; `name` is the new value's."""

    def write_flat(self, tensor: str) -> None:
        """Note that a tensor's real value is flat."""


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a network: the path of the module it came from, and its tensors' names."""

    name: str
    inputs: tuple[str, ...]
    output: str


@dataclass(frozen=True, eq=False)
class Operator(Step, ABC):
    """A step that the target executes.

    The defaults are those of an operator without weights that reads its whole input before it writes.
    """

    kernels: ClassVar[tuple[str, ...]]
    """C functions that execute it; a kernel that no operator of a model uses is not linked."""
    copies_bytes: ClassVar[bool] = False
    """Whether it moves int8 values without arithmetic, so that inputs and output share one quantization."""
    passes_normalization: ClassVar[bool] = False
    """Whether a scale and shift of each channel may be applied to its input instead of its output."""
    writes_with_gaps: ClassVar[bool] = True
    """Whether it can write its pixels into a wider tensor, so that a concatenation costs nothing."""
    summing_kernel: ClassVar[str | None] = None
    """C function that executes it where `reads_rows` says that rows are summed as they come."""
    cycles_per_mac: ClassVar[float] = 0.0
    """Of a Cortex-M7, in the fit of `latency.py`; 0 for operators that the fit leaves out."""

    @property
    def kernel(self) -> str:
        """The C function that executes it."""
        return self.kernels[0]

    @property
    def fused(self) -> Activation:
        """The rectifier fused into it; `NONE` where it can have none."""
        activation = getattr(self, "activation", Activation.NONE)
        assert isinstance(activation, Activation)
        return activation

    # Costs, from shapes alone.

    def macs(self, tensors: Tensors) -> int:
        """Return the multiply-accumulates of one inference."""
        return 0

    def parameters(self) -> int:
        """Return the number of weights and biases."""
        return 0

    def weight_bytes(self) -> int:
        """Return the ROM of its int8 constants, padded to whole words so that each layer starts aligned."""
        return 0

    def requantized_channels(self) -> int:
        """Return how many biases (int32), multipliers (int32) and shifts (uint8) it has."""
        return 0

    def scratch_bytes(self, tensors: Tensors) -> int:
        """Return the scratch it needs, 4-byte aligned, free again after it."""
        return 0

    def input_lead_bytes(self, tensors: Tensors) -> int:
        """Return the least distance from the output's first byte to an input's first byte if both share memory.

        An input that ends with this operator may lie anywhere from this distance on: each byte is read before an
        output byte covers it. The output's size means that the two must stay apart; 0 means in place. It holds for
        an output written without gaps, not for one inside a concatenation.
        """
        return tensors[self.output].elements

    def reads_rows(self, tensors: Tensors, *, columns: bool = False) -> RowReads | None:
        """Return the input rows that an output row is made from; of a series `columns`, its time steps.

        None means that it runs over whole maps only.
        """
        return None

    # Folding.

    def normalized(self, scale: NDArray[np.float64] | None, shift: NDArray[np.float64] | None) -> Operator | None:
        """Return it with `y = scale * x + shift` of each channel applied behind it, or None if it has no weights.

        Both are None where the weights are not known.
        """
        return None

    def rectified(self, activation: Activation) -> Operator | None:
        """Return it with a rectifier applied behind it, or None if it cannot clamp."""
        if not hasattr(self, "activation"):
            return None
        return replace(self, activation=combined(self.fused, activation))  # type: ignore[call-arg]

    # Arithmetic.

    @abstractmethod
    def run(self, inputs: Sequence[Tensor], weights: Any) -> Tensor:
        """Return its output `(N, C, H, W)` in floating point; `weights` are those of `weighted.float_weights`."""

    def quantized(self, sources: Sequence[Quantization], target: Quantization) -> Operator:
        """Return it with its integer arithmetic.

        Raises:
            QuantizationError: if integers cannot hold it.
        """
        return self

    def constants(self, device: torch.device | str) -> Any:
        """Return what `run_integers` needs of its weights, on a device."""
        return None

    @abstractmethod
    def run_integers(self, inputs: Sequence[Tensor], zero_points: ZeroPoints, constants: Any) -> Tensor:
        """Return its int8 output `(N, C, H, W)`, element for element what the C computes."""

    # Written forms.

    def c_layers(self, tensors: Tensors, written_in_place: Collection[str]) -> list[CLayer]:
        """Return its descriptors; tensors in `written_in_place` lie in their concatenation already."""
        source, target = tensors[self.inputs[0]], tensors[self.output]
        return [CLayer(self.kernel, source, target, self.inputs, fields=self.c_fields(tensors))]

    def c_fields(self, tensors: Tensors) -> Mapping[str, int]:
        """Return the fields of its descriptor that are its own."""
        return {}

    def c_arithmetic(self, weights_at: int, channels_at: int) -> tuple[str, tuple[int, ...]] | None:
        """Return the member of the descriptor's union and its values, given where its constants begin."""
        return None

    def c_constants(self) -> NDArray[np.int8] | None:
        """Return its int8 constants, flat; None if it has none."""
        return None

    def c_channels(self) -> IntegerWeights | None:
        """Return biases, multipliers and shifts; None if it has none."""
        return None

    @abstractmethod
    def onnx(self, nodes: OnnxNodes) -> str:
        """Append its nodes, but for a fused rectifier; return the name of its real output."""


def combined(first: Activation, second: Activation) -> Activation:
    """Return the one rectifier that two in a row amount to."""
    if Activation.RELU6 in (first, second):
        return Activation.RELU6
    return second if first is Activation.NONE else first
