"""Speed of the integer simulator and cost of fake quantization in training.

Run: `OMP_NUM_THREADS=1 python benchmarks/quantization_speed.py`; takes about a minute.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from prototypenas.compression.calibration import OBSERVERS, calibrate
from prototypenas.compression.fake_quantization import FakeQuantizedNetwork
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import simulated_logits
from prototypenas.graph.graph import IntegerGraph
from prototypenas.graph.lowering import lower
from search_spaces.pools import IMAGE_POOL, REFERENCES, TIME_SERIES_POOL

POOLS = {**IMAGE_POOL, **TIME_SERIES_POOL}
CLASSES = 10
CASES = (
    ("mbednet", 0.35, (1, 32, 32)),
    ("mbednet", 1.0, (3, 32, 32)),
    ("mobilenet_v2", 1.0, (3, 32, 32)),
    ("resnet18", 0.35, (3, 32, 32)),
    ("squeezenet", 0.5, (3, 64, 64)),
    ("inceptiontime", 0.5, (6, 256)),
)
BATCH = 128


def main() -> None:
    """Print one row a network."""
    torch.set_num_threads(1)
    print(f"{'network':32} {'MMAC':>7} {'sim img/s':>10} {'GMAC/s':>7} {'float step':>11} {'QAT step':>9} {'ratio':>6}")
    for name, width, shape in CASES:
        torch.manual_seed(0)
        module = POOLS[name](replace(REFERENCES[name], width=width), shape, CLASSES)
        graph = lower(module.eval(), shape)
        inputs = torch.randn(BATCH, *shape)
        ranges = calibrate(graph, [inputs], observer=OBSERVERS["min-max"])
        mmacs = sum(operator.macs(graph.tensors) for operator in graph.operators) / 1e6
        rate = simulation_rate(quantize(graph, ranges), inputs)
        plain = training_step_seconds(module.train(), inputs)
        quantized = training_step_seconds(FakeQuantizedNetwork(graph, ranges).train(), inputs)
        label = f"{name} {width} {'x'.join(map(str, shape))}"
        print(
            f"{label:32} {mmacs:7.2f} {rate:10.0f} {rate * mmacs / 1e3:7.1f} {1e3 * plain:8.0f} ms "
            f"{1e3 * quantized:6.0f} ms {quantized / plain:6.2f}"
        )


def simulation_rate(graph: IntegerGraph, inputs: Tensor) -> float:
    """Return images a second of the numpy simulator, best of three batches."""
    values = inputs.numpy()
    return len(inputs) / best_seconds(lambda: simulated_logits(graph, values))


def training_step_seconds(module: nn.Module, inputs: Tensor) -> float:
    """Return the seconds of one step of SGD, best of three."""
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-3)
    targets = torch.arange(len(inputs)) % CLASSES

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(module(inputs), targets).backward()
        optimizer.step()

    return best_seconds(step)


def best_seconds(work: Callable[[], object]) -> float:
    """Return the shortest CPU time of three runs after one to warm up; other work on the machine hardly counts."""
    work()
    seconds = []
    for _ in range(3):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


if __name__ == "__main__":
    main()
