"""Linear layer over the flattened input."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from prototypenas.graph.operator import OnnxNodes, RowReads, Tensors, ZeroPoints
from prototypenas.graph.sliding import POINT, round_up, window_fields
from prototypenas.graph.tensors import Activation, FloatWeights, IntegerWeights
from prototypenas.graph.traced_weights import weights_of
from prototypenas.graph.tracing import Handler, Recorder, Traced
from prototypenas.graph.weighted import Constants, TorchWeights, Weighted, clamped


@dataclass(frozen=True, eq=False)
class FullyConnected(Weighted):
    """Linear layer over the input flattened in NHWC order; weight `(C_out, 1, 1, C_in)`."""

    in_features: int
    out_features: int
    activation: Activation = Activation.NONE
    weights: FloatWeights | IntegerWeights | None = None

    kernels: ClassVar[tuple[str, ...]] = ("nn_fully_connected",)
    writes_with_gaps: ClassVar[bool] = False
    cycles_per_mac: ClassVar[float] = 1.9

    def macs(self, tensors: Tensors) -> int:
        """Return the multiply-accumulates of one inference."""
        return self.in_features * self.out_features

    def parameters(self) -> int:
        """Return the number of weights and biases."""
        return self.out_features * (self.in_features + 1)

    def weight_bytes(self) -> int:
        """Return the ROM of the weights."""
        return round_up(self.in_features * self.out_features, 4)

    def requantized_channels(self) -> int:
        """Return the output features."""
        return self.out_features

    def to_torch(self, weight: NDArray[Any]) -> NDArray[Any]:
        """Return `(C_out, K)`."""
        return weight.reshape(self.out_features, self.in_features)

    def from_torch(self, weight: NDArray[Any]) -> NDArray[Any]:
        """Return `(C_out, 1, 1, K)`."""
        return weight.reshape(self.out_features, 1, 1, self.in_features).copy()

    def reads_rows(self, tensors: Tensors, *, columns: bool = False) -> RowReads:
        """Return that it reads all rows."""
        spec = tensors[self.inputs[0]]
        return RowReads(spec.width if columns else spec.height)

    def run(self, inputs: Sequence[Tensor], weights: TorchWeights) -> Tensor:
        """Return the float output, `(N, C_out, 1, 1)`."""
        flat = inputs[0].permute(0, 2, 3, 1).flatten(1)
        return clamped(F.linear(flat, weights.weight, weights.bias)[:, :, None, None], self.activation)

    def constants(self, device: torch.device | str) -> Constants:
        """Return the weights as `(K, C_out)`, K in NHWC order."""
        return self.constants_of(self.to_torch(self.integers().weight).T, device)

    def run_integers(self, inputs: Sequence[Tensor], zero_points: ZeroPoints, constants: Constants) -> Tensor:
        """Return the int8 output, `(N, C_out, 1, 1)`."""
        flat = inputs[0].permute(0, 2, 3, 1).flatten(1).to(constants.weight.dtype)
        return self.requantized((flat @ constants.weight)[:, :, None, None], zero_points, constants)

    def c_fields(self, tensors: Tensors) -> Mapping[str, int]:
        """Return a window of one pixel."""
        return window_fields(POINT, tensors[self.output])

    def onnx(self, nodes: OnnxNodes) -> str:
        """Append a Gemm over the flattened input."""
        spec = nodes.tensors[self.inputs[0]]
        real = nodes.flattened(self.inputs[0], f"{self.output}/flat")
        by_pixel = self.integers().weight.reshape(-1, spec.height, spec.width, spec.channels)
        channels_first = by_pixel.transpose(0, 3, 1, 2).reshape(self.out_features, -1)
        parameters = self.onnx_parameters(nodes, channels_first)
        nodes.write_flat(self.output)
        return nodes.node("Gemm", [real, *parameters], f"{self.output}/real", transB=1)


def trace_linear(recorder: Recorder, input: Traced, weight: Tensor, bias: Tensor | None = None) -> Traced:
    """Record `linear`, its weight reordered from flattened `(C, H, W)` to `(H, W, C)`."""
    spec = recorder.spec(input)
    out_features, in_features = weight.shape
    if input.ndim != 2 or input.shape[1] != in_features:
        recorder.fail(f"a linear layer of {in_features} features got {tuple(input.shape)}; it wants (1, {in_features})")
    name = recorder.new_name("linear", weight)

    def to_nhwc(array: NDArray[Any]) -> NDArray[Any]:
        maps = array.reshape(out_features, spec.channels, spec.height, spec.width)
        return maps.transpose(0, 2, 3, 1).reshape(out_features, 1, 1, in_features)

    weights = weights_of(weight, bias, to_nhwc)
    operator = FullyConnected(name, (input.tensor,), name, in_features, out_features, weights=weights)
    return recorder.append(operator, (1, 1, out_features), (1, out_features))


def trace_addmm(recorder: Recorder, input: Tensor, mat1: Traced, mat2: Tensor) -> Traced:
    """Record `addmm`, a decomposed linear layer."""
    return trace_linear(recorder, mat1, mat2.t(), input)


FUNCTIONS: Mapping[str, Handler] = {"linear": trace_linear, "addmm": trace_addmm}
