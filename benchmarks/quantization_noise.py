"""Signal-to-noise of int8 outputs beside onnxruntime's static quantization, on a MobileNetV1 0.25 of extreme weights.

Normalisation scales spread over two decades and one weight in 200 ten times the others: ranges that are hard to choose.
Both calibrate on the same 64 random pictures; the noise is measured on 64 others. Decibels, greater is better. Takes
about two minutes:

    python -m benchmarks.quantization_noise [--seeds 3]
"""

import argparse
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor, nn

from prototypenas.compression.calibration import OBSERVERS, calibrate
from prototypenas.compression.layer_noise import signal_to_noise_db
from prototypenas.compression.observer_choice import quantize_with_least_noise
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import dequantize, quantize_input, simulate_rows
from prototypenas.graph.graph import Graph, IntegerGraph
from prototypenas.graph.lowering import lower
from search_spaces.mlperf_tiny import mobilenet_v1

SHAPE = (3, 96, 96)
SAMPLES = 64
METHODS = {"min-max": CalibrationMethod.MinMax, "entropy": CalibrationMethod.Entropy}
"""Of onnxruntime; min-max is its default."""


def main() -> None:
    """Print the table; exit with an error where onnxruntime's default comes closer than ours."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    worse = 0
    for seed in range(parser.parse_args().seeds):
        found = noise_of(seed)
        print(f"seed {seed}: " + ", ".join(f"{name} {ratio:.1f}" for name, ratio in found.items()), flush=True)
        worse += found["chosen"] < found["onnxruntime min-max"]
    raise SystemExit(f"{worse} seeds worse than onnxruntime" if worse else None)


def noise_of(seed: int) -> dict[str, float]:
    """Return the signal-to-noise ratio of each way to quantize, in decibel."""
    network, generator = extreme_network(seed), torch.Generator().manual_seed(seed)
    calibration, others = (torch.randn(SAMPLES, *SHAPE, generator=generator) for _ in range(2))
    with torch.no_grad():
        real = network(others).numpy()
    graph = lower(network, SHAPE)
    found = {}
    for name, observer in OBSERVERS.items():
        integer = quantize(graph, calibrate(graph, [calibration], observer=observer))
        found[name] = signal_to_noise_db(real, outputs_of(integer, others))
    found["chosen"] = found[chosen(graph, calibration)]
    for name, method in METHODS.items():
        found[f"onnxruntime {name}"] = signal_to_noise_db(real, onnx_outputs(network, calibration, others, method))
    return found


def chosen(graph: Graph, calibration: Tensor) -> str:
    """Return the observer that a delivery would take; it does not see the other pictures."""
    return quantize_with_least_noise(graph, [calibration]).observer


def extreme_network(seed: int) -> nn.Module:
    """Build the network with statistics of random pictures, then spread its scales and weights."""
    torch.manual_seed(seed)
    network = mobilenet_v1(10).train()
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad():
        for norm in norms:
            norm.momentum = None  # the mean over what was seen
            norm.weight.copy_(10.0 ** torch.empty_like(norm.weight).uniform_(-1.0, 1.0))
            norm.bias.normal_(0.0, 0.3)
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                layer.weight[torch.rand_like(layer.weight) < 1 / 200] *= 10.0
        network(torch.randn(SAMPLES, *SHAPE))
    return network.eval()


def outputs_of(graph: IntegerGraph, inputs: Tensor) -> NDArray[np.float32]:
    """Return real outputs of the integer network."""
    return dequantize(graph, graph.outputs[0], simulate_rows(graph, quantize_input(graph, inputs.numpy())))


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, samples: Tensor) -> None:
        self.waiting: Iterator[NDArray[np.float32]] = iter(np.split(samples.numpy(), SAMPLES // 8))

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """Return the next batch."""
        batch = next(self.waiting, None)
        return None if batch is None else {"input": batch}


def onnx_outputs(
    network: nn.Module, calibration: Tensor, inputs: Tensor, method: CalibrationMethod
) -> NDArray[np.float32]:
    """Return real outputs of the network that onnxruntime quantized, weights by channel."""
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain, prepared, integer = (Path(name) / f"{stage}.onnx" for stage in ("plain", "prepared", "integer"))
        axes = {"input": {0: "n"}}
        torch.onnx.export(network, (calibration[:2],), plain, dynamo=False, input_names=["input"], dynamic_axes=axes)
        quant_pre_process(str(plain), str(prepared))
        quantize_static(
            prepared,
            integer,
            _Reader(calibration),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=method,
        )
        options = onnxruntime.SessionOptions()
        # Optimised, it multiplies int8 with saturating int16 sums on processors without VNNI.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(integer, options, providers=["CPUExecutionProvider"])
        (found,) = session.run(None, {"input": inputs.numpy()})
    outputs: NDArray[np.float32] = found
    return outputs


if __name__ == "__main__":
    main()
