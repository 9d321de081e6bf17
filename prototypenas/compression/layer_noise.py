"""How much noise quantization adds, layer by layer: which layer hurts."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prototypenas.compression.float_execution import TorchWeights, execute, float_weights, run_operator
from prototypenas.compression.integer_kernels import Map, run_integer_operator
from prototypenas.compression.quantization import quantization
from prototypenas.compression.simulator import dequantize, quantize_input, simulate
from prototypenas.errors import QuantizationError
from prototypenas.graph.graph import INT8_MAX, INT8_MIN, Graph, Operator


@dataclass(frozen=True)
class LayerNoise:
    """Signal-to-noise ratios of one tensor against the float network, in decibel; infinite without any noise."""

    operator: str
    """Path of the module."""
    tensor: str
    snr_db: float
    """With all noise from the layers before."""
    own_snr_db: float
    """Against the float layer on the same int8 inputs, themselves taken from the float network: the noise of its own
    weights, rounding and range alone. The lowest hurts."""
    saturated_share: float
    """Share of elements at the upper end, 127, where values may have been cut."""


def layer_noise(float_graph: Graph, integer_graph: Graph, inputs: Tensor) -> tuple[LayerNoise, ...]:
    """Compare both stages of one graph on inputs `(N, *input_shape)`, in execution order.

    Raises:
        QuantizationError: if the graphs are not the two stages of one network.
    """
    if float_graph.digest() != integer_graph.digest():
        raise QuantizationError("the graphs have different operators; both must be stages of one network")
    with torch.no_grad():
        real = execute(float_graph, inputs)
    found = simulate(integer_graph, quantize_input(integer_graph, inputs.cpu().numpy()), every_layer=True)
    weights = float_weights(float_graph, inputs.device)
    return tuple(
        _compared(operator, integer_graph, real, found, weights=weights.get(operator.output))
        for operator in integer_graph.operators
    )


def signal_to_noise_db(signal: NDArray[np.float32], noisy: NDArray[np.float32]) -> float:
    """Give `10 log10` of the signal's power over that of the difference."""
    power = float(np.square(signal, dtype=np.float64).sum())
    noise = float(np.square(signal.astype(np.float64) - noisy).sum())
    if noise == 0:
        return math.inf
    return 10 * math.log10(power / noise) if power > 0 else -math.inf


def _compared(
    operator: Operator,
    graph: Graph,
    real: dict[str, Tensor],
    found: dict[str, Map],
    *,
    weights: TorchWeights | None,
) -> LayerNoise:
    sources = [_quantized(graph, name, _channels_last(real[name])) for name in operator.inputs]
    own = run_integer_operator(operator, sources, graph.tensors)
    inputs = [
        _channels_first(dequantize(graph, name, part)) for name, part in zip(operator.inputs, sources, strict=True)
    ]
    with torch.no_grad():
        expected = _channels_last(run_operator(operator, [part.to(real[graph.input]) for part in inputs], weights))
    tensor = operator.output
    return LayerNoise(
        operator=operator.name,
        tensor=tensor,
        snr_db=signal_to_noise_db(_channels_last(real[tensor]), dequantize(graph, tensor, found[tensor])),
        own_snr_db=signal_to_noise_db(expected, dequantize(graph, tensor, own)),
        saturated_share=float((found[tensor] == INT8_MAX).mean()),
    )


def _quantized(graph: Graph, tensor: str, values: NDArray[np.float32]) -> Map:
    step = quantization(graph, tensor)
    rounded = np.rint(values / np.float32(step.scale)) + step.zero_point
    narrow: Map = np.clip(rounded, INT8_MIN, INT8_MAX).astype(np.int8)
    return narrow


def _channels_first(values: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(values).permute(0, 3, 1, 2).contiguous()


def _channels_last(values: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(values.cpu().numpy().transpose(0, 2, 3, 1))
