"""An integer-stage graph run in PyTorch on any device, element for element what the C computes.

Products are summed as matrix products in float64, which is exact: no accumulator leaves int32, far below 2^53. On a
CPU, float32 will do where every partial sum stays below 2^24; elsewhere it could be TF32 with shorter sums.
"""

from collections import Counter
from collections.abc import Collection, Sequence

import torch
from torch import Tensor

from prototypenas.graph.graph import IntegerGraph
from prototypenas.graph.operator import ZeroPoints
from prototypenas.graph.tensors import INT8_MAX, INT8_MIN


class IntegerExecution:
    """The graph with its constants on one device.

    Raises:
        QuantizationError: if the graph is not at the integer stage.
    """

    def __init__(self, graph: IntegerGraph, device: torch.device | str) -> None:
        self.graph = graph
        zeros = {name: spec.known_quantization.zero_point for name, spec in graph.tensors.items()}
        self._steps = [
            (
                ZeroPoints(tuple(zeros[name] for name in operator.inputs), zeros[operator.output]),
                operator.constants(device),
            )
            for operator in graph.operators
        ]

    def quantize(self, tensor: str, values: Tensor) -> Tensor:
        """Return one tensor's real values `(N, C, H, W)` as int8, as ONNX's QuantizeLinear does."""
        found = self.graph.tensors[tensor].known_quantization
        scale = torch.tensor(found.scale, dtype=torch.float32, device=values.device)
        return ((values.float() / scale).round() + found.zero_point).clamp(INT8_MIN, INT8_MAX).to(torch.int8)

    def dequantize(self, tensor: str, values: Tensor) -> Tensor:
        """Return one tensor's integers as real numbers."""
        found = self.graph.tensors[tensor].known_quantization
        return (values.float() - found.zero_point) * torch.tensor(
            found.scale, dtype=torch.float32, device=values.device
        )

    @torch.no_grad()
    def run(self, inputs: Tensor, *, keep: Collection[str] | None = None) -> dict[str, Tensor]:
        """Return every tensor by name, int8 `(N, C, H, W)`, for quantized inputs of that form.

        With `keep`, return only those named; the others are freed as soon as nothing reads them any more.
        """
        tensors = {self.graph.input: inputs}
        readers = Counter(name for operator in self.graph.operators for name in operator.inputs)
        for index, operator in enumerate(self.graph.operators):
            tensors[operator.output] = self.run_operator(index, [tensors[name] for name in operator.inputs])
            readers.subtract(operator.inputs)
            if keep is not None:
                for name in [name for name in tensors if readers[name] == 0 and name not in keep]:
                    del tensors[name]
        return tensors

    def run_operator(self, index: int, sources: Sequence[Tensor]) -> Tensor:
        """Return the output of one operator for its inputs, int8 `(N, C, H, W)` all."""
        zero_points, constants = self._steps[index]
        return self.graph.operators[index].run_integers(sources, zero_points, constants)
