"""Chooses how ranges are taken from the calibration data by what the whole network loses with each choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from prototypenas.compression.calibration import OBSERVERS, Observer, calibrate
from prototypenas.compression.float_execution import execute
from prototypenas.compression.integer_execution import IntegerExecution
from prototypenas.compression.layer_noise import signal_to_noise_db
from prototypenas.compression.quantization import quantize
from prototypenas.graph.graph import Graph, IntegerGraph
from prototypenas.workers.threads import in_threads


@dataclass(frozen=True, eq=False)
class ObserverChoice:
    """The quantized graph of least noise at the outputs."""

    graph: IntegerGraph
    observer: str
    snr_db: Mapping[str, float]
    """Signal-to-noise ratio of the outputs with each observer, in decibel; greater is better."""


def quantize_with_least_noise(
    graph: Graph, batches: Sequence[Tensor], *, observers: Mapping[str, Observer] = OBSERVERS
) -> ObserverChoice:
    """Quantize a float-stage graph with each observer and keep the one whose outputs come closest to the float ones.

    Ranges are calibrated on all batches `(N, *input_shape)` and the noise is measured on them too: an observer has
    one setting, so that there is little to fit.

    Raises:
        QuantizationError: if there is no batch, a tensor is not finite, or integers cannot hold a layer.
    """
    kept = list(batches)

    def tried(observer: Observer) -> tuple[IntegerGraph, float]:
        integer = quantize(graph, calibrate(graph, kept, observer=observer))
        return integer, output_snr_db(graph, integer, kept)

    # One thread each, whatever the machine has: the last bits of the ranges depend on the number.
    jobs = [partial(tried, observer) for observer in observers.values()]
    found = dict(zip(observers, in_threads(jobs, at_once=torch.get_num_threads()), strict=True))
    noise = {name: ratio for name, (_, ratio) in found.items()}
    best = max(noise, key=lambda name: noise[name])
    return ObserverChoice(found[best][0], best, noise)


@torch.no_grad()
def output_snr_db(graph: Graph, integer: IntegerGraph, batches: Sequence[Tensor]) -> float:
    """Return the least signal-to-noise ratio of the outputs over all batches, in decibel."""
    execution = IntegerExecution(integer, batches[0].device)
    real = [execute(graph, batch) for batch in batches]
    found = [execution.run(execution.quantize(graph.input, run[graph.input]), keep=graph.outputs) for run in real]
    ratios = []
    for name in graph.outputs:
        signal = torch.cat([run[name] for run in real])
        noisy = torch.cat([execution.dequantize(name, run[name]) for run in found])
        ratios.append(signal_to_noise_db(signal.cpu().numpy(), noisy.cpu().numpy()))
    return min(ratios)
