"""Any function of single values, as a table of 256 bytes: hardswish, SiLU, sigmoid, tanh, leaky ReLU and their like."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from prototypenas.errors import QuantizationError
from prototypenas.graph.operator import ROW_BY_ROW, OnnxNodes, Operator, RowReads, Tensors, ZeroPoints
from prototypenas.graph.operators.depthwise_conv2d import record_depthwise
from prototypenas.graph.sliding import POINT
from prototypenas.graph.tensors import INT8_MAX, INT8_MIN, LookupTable, Quantization
from prototypenas.graph.tracing import Handler, Recorder, Traced

TABLE_BYTES = 256

ZEROS = "zeros"
NEGATIVE = "negative"

_FUNCTIONS: Mapping[str, Callable[[Tensor, float], Tensor]] = MappingProxyType(
    {
        "hardswish": lambda values, _: F.hardswish(values),
        "hardsigmoid": lambda values, _: F.hardsigmoid(values),
        "silu": lambda values, _: F.silu(values),
        "sigmoid": lambda values, _: torch.sigmoid(values),
        "tanh": lambda values, _: torch.tanh(values),
        "leaky_relu": F.leaky_relu,
        "elu": F.elu,
        NEGATIVE: lambda values, _: values.clamp(max=0.0),
        ZEROS: lambda values, _: torch.zeros_like(values),
    }
)
"""The functions by their names in PyTorch, each with its parameter; and what nothing is left of."""


@dataclass(frozen=True, eq=False)
class Lookup(Operator):
    """`y = function(x)`; the table holds the output of every int8 value, the least first."""

    function: str
    parameter: float = 0.0
    """Slope or scale of the negative side, for the functions that have one."""
    table: LookupTable | None = None

    kernels: ClassVar[tuple[str, ...]] = ("nn_lookup",)

    def weight_bytes(self) -> int:
        """Return the ROM of the table."""
        return TABLE_BYTES

    def input_lead_bytes(self, tensors: Tensors) -> int:
        """Return 0: it works in place."""
        return 0

    def reads_rows(self, tensors: Tensors, *, columns: bool = False) -> RowReads:
        """Return that a row is made from the same row."""
        return ROW_BY_ROW

    def run(self, inputs: Sequence[Tensor], weights: None) -> Tensor:
        """Return the float output."""
        return _FUNCTIONS[self.function](inputs[0], self.parameter)

    def quantized(self, sources: Sequence[Quantization], target: Quantization) -> Operator:
        """Return it with its table, each entry the nearest integer."""
        source = sources[0]
        values = torch.arange(INT8_MIN, INT8_MAX + 1, dtype=torch.float64)
        real = self.run([(values - source.zero_point) * source.scale], None).numpy()
        rounded = np.rint(real / target.scale) + target.zero_point
        return replace(self, table=LookupTable(np.clip(rounded, INT8_MIN, INT8_MAX).astype(np.int8)))

    def constants(self, device: torch.device | str) -> Tensor:
        """Return the table."""
        return torch.from_numpy(self._integers()).to(device)

    def run_integers(self, inputs: Sequence[Tensor], zero_points: ZeroPoints, constants: Tensor) -> Tensor:
        """Return the int8 output."""
        return constants[inputs[0].long() - INT8_MIN]

    def c_arithmetic(self, weights_at: int, channels_at: int) -> tuple[str, tuple[int, ...]] | None:
        """Return where the table begins."""
        return "dense", (weights_at, channels_at, 1, 1, 1)

    def c_constants(self) -> NDArray[np.int8] | None:
        """Return the table."""
        return self._integers()

    def onnx(self, nodes: OnnxNodes) -> str:
        """Append the function; SiLU is a Sigmoid and a Mul."""
        (source,), result = nodes.maps(self.inputs), f"{self.output}/real"
        match self.function:
            case "silu":
                gate = nodes.node("Sigmoid", [source], f"{self.output}/gate")
                return nodes.node("Mul", [source, gate], result)
            case "hardsigmoid":
                return nodes.node("HardSigmoid", [source], result, alpha=1 / 6, beta=0.5)
            case "zeros":
                return nodes.node("Sub", [source, source], result)
            case "negative":
                zero = nodes.constant(f"{result}/zero", np.zeros((), np.float32))
                return nodes.node("Min", [source, zero], result)
            case "leaky_relu" | "elu":
                kind = "LeakyRelu" if self.function == "leaky_relu" else "Elu"
                return nodes.node(kind, [source], result, alpha=self.parameter)
            case function:
                return nodes.node({"hardswish": "HardSwish", "tanh": "Tanh"}.get(function, "Sigmoid"), [source], result)

    def _integers(self) -> NDArray[np.int8]:
        if self.table is None:
            raise QuantizationError(f"{self.name}: no table; quantize the graph first")
        return self.table.values


def trace_lookup(function: str, *, default: float = 0.0) -> Handler:
    """Return what records a function of single values, whose parameter has a default."""

    def handler(recorder: Recorder, input: Traced, parameter: Any = default, **named: Any) -> Traced:
        given = named.get("negative_slope", named.get("alpha", parameter))
        value = float(given) if isinstance(given, int | float) else default
        return _record(recorder, input, function, value)

    return handler


def trace_prelu(recorder: Recorder, input: Traced, weight: Tensor) -> Traced:
    """Record `prelu`: a table, or with a slope for each channel `x + (slope - 1) * min(x, 0)`."""
    if weight.numel() > 1:
        negative = _record(recorder, input, NEGATIVE, 0.0)
        steps = (weight.detach() - 1.0).reshape(-1, 1, 1, 1)
        total: Traced = input + record_depthwise(recorder, negative, steps, None, POINT)
        return total
    return _record(recorder, input, "leaky_relu", 0.25 if weight.is_meta else float(weight.detach()))


def record_zeros(recorder: Recorder, input: Traced) -> Traced:
    """Record zeros in the place of a map, for whatever reads them but sums, which leave them out."""
    zeros = _record(recorder, input, ZEROS, 0.0)
    zeros.storage.zero = True
    return zeros


def _record(recorder: Recorder, input: Traced, function: str, parameter: float) -> Traced:
    spec = recorder.spec(input)
    name = recorder.new_name(function)
    operator = Lookup(name, (input.tensor,), name, function, parameter)
    return recorder.append(operator, (spec.height, spec.width, spec.channels), input.shape)


FUNCTIONS: Mapping[str, Handler] = {
    **{name: trace_lookup(name) for name in ("hardswish", "hardsigmoid", "silu", "sigmoid", "tanh")},
    "leaky_relu": trace_lookup("leaky_relu", default=0.01),
    "elu": trace_lookup("elu", default=1.0),
    "prelu": trace_prelu,
}
