"""The network as typed operators on named int8 tensors: one form for search, quantization, simulator, C and ONNX.

A graph passes through three stages. The first two are a `Graph`, told apart by what its operators hold; the third is
an `IntegerGraph`:

- *shapes*: every `weights` is None. Enough for memory plan, RAM, ROM and MACs; no weight was ever allocated.
- *float*: `FloatWeights`, normalisation folded. Input of the quantization.
- *integer*: `IntegerWeights` and integer parameters, every tensor with a `Quantization`. Simulator, C and ONNX
  read it.

Layout: activations are NHWC with N = 1, a series `(C, T)` has height 1 and width T, a flat vector has height =
width = 1.
Weights are `(C_out, K_h, K_w, C_in)`, depthwise weights `(K_h, K_w, C)`.

Arithmetic, the same everywhere (single rounding):
`y = max(low, min(127, ((acc * multiplier + 2 ** (shift - 1)) >> shift) + output_zero_point))`, with `low = -128`,
or the output's zero point where a rectifier is fused. A fused ReLU6 needs no upper bound: its output range ends at
6 or below.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TypeVar

from prototypenas.graph.operator import Operator
from prototypenas.graph.tensors import Activation, TensorSpec, Window
from prototypenas.types import InputShape


@dataclass(frozen=True, eq=False)
class Graph:
    """Operators in execution order; every tensor is written once.

    Flattening costs nothing and has no operator: a flattened tensor is the tensor itself.
    """

    input_shape: InputShape
    """As PyTorch sees it: `(C, H, W)` or `(C, T)`."""
    tensors: Mapping[str, TensorSpec]
    operators: tuple[Operator, ...]
    input: str
    outputs: tuple[str, ...]
    """One for classification, one a feature level for detection."""
    notes: tuple[str, ...] = ()
    """What lowering left out, as a user is told."""

    def digest(self) -> str:
        """Equal for graphs of equal operators, wiring and shapes, whatever the names and weights."""
        numbers: dict[str, int] = {}
        lines = [repr(self.input_shape)]
        for operator in self.operators:
            wires = [numbers.setdefault(name, len(numbers)) for name in (*operator.inputs, operator.output)]
            lines.append(f"{type(operator).__name__} {wires} {_shape_fields(operator)}")
        for name, number in numbers.items():
            spec = self.tensors[name]
            lines.append(f"{number} {spec.height} {spec.width} {spec.channels}")
        lines.append(repr([numbers[name] for name in self.outputs]))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class IntegerGraph(Graph):
    """A graph at its integer stage: what the simulator runs, and C and ONNX are written from.

    Raises:
        QuantizationError: if a tensor has no quantization.
    """

    def __post_init__(self) -> None:
        for spec in self.tensors.values():
            spec.known_quantization  # noqa: B018  (raises where there is none)


AnyStage = TypeVar("AnyStage", bound=Graph)
"""Any of the stages, where a graph is changed and stays what it was."""


def _shape_fields(operator: Operator) -> str:
    skipped = {"name", "inputs", "output", "weights", "arithmetic", "table"}
    values = {item.name: getattr(operator, item.name) for item in fields(operator) if item.name not in skipped}
    return repr(sorted((name, _plain(value)) for name, value in values.items()))


def _plain(value: object) -> object:
    if isinstance(value, Window):
        return (value.kernel, value.stride, value.padding, value.dilation)
    return value.value if isinstance(value, Activation) else value
