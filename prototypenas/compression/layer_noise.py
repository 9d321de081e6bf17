"""How much noise quantization adds, layer by layer: which layer hurts."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prototypenas.compression.float_execution import execute, float_weights
from prototypenas.compression.integer_execution import IntegerExecution
from prototypenas.errors import QuantizationError
from prototypenas.graph.graph import Graph, IntegerGraph
from prototypenas.graph.tensors import INT8_MAX
from prototypenas.graph.weighted import TorchWeights


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


def layer_noise(float_graph: Graph, integer_graph: IntegerGraph, inputs: Tensor) -> tuple[LayerNoise, ...]:
    """Compare both stages of one graph on inputs `(N, *input_shape)`, in execution order.

    Raises:
        QuantizationError: if the graphs are not the two stages of one network.
    """
    if float_graph.digest() != integer_graph.digest():
        raise QuantizationError("the graphs have different operators; both must be stages of one network")
    weights = float_weights(float_graph, inputs.device)
    execution = IntegerExecution(integer_graph, inputs.device)
    with torch.no_grad():
        real = execute(float_graph, inputs, weights=weights)
        found = execution.run(execution.quantize(integer_graph.input, real[integer_graph.input]))
        return tuple(
            _compared(index, execution, real, found, weights=weights.get(operator.output))
            for index, operator in enumerate(float_graph.operators)
        )


def signal_to_noise_db(signal: NDArray[np.float32], noisy: NDArray[np.float32]) -> float:
    """Return `10 log10` of the signal's power over that of the difference."""
    power = float(np.square(signal, dtype=np.float64).sum())
    noise = float(np.square(signal.astype(np.float64) - noisy).sum())
    if noise == 0:
        return math.inf
    return 10 * math.log10(power / noise) if power > 0 else -math.inf


def _compared(
    index: int,
    execution: IntegerExecution,
    real: dict[str, Tensor],
    found: dict[str, Tensor],
    *,
    weights: TorchWeights | None,
) -> LayerNoise:
    operator = execution.graph.operators[index]
    sources = [execution.quantize(name, real[name]) for name in operator.inputs]
    inputs = [execution.dequantize(name, part) for name, part in zip(operator.inputs, sources, strict=True)]
    own = execution.run_operator(index, sources)
    tensor = operator.output
    return LayerNoise(
        operator=operator.name,
        tensor=tensor,
        snr_db=_snr_db(real[tensor], execution.dequantize(tensor, found[tensor])),
        own_snr_db=_snr_db(operator.run(inputs, weights), execution.dequantize(tensor, own)),
        saturated_share=float((found[tensor] == INT8_MAX).double().mean()),
    )


def _snr_db(signal: Tensor, noisy: Tensor) -> float:
    return signal_to_noise_db(signal.cpu().numpy(), noisy.cpu().numpy())
