"""Instructions per multiply-accumulate, or output, of each kernel on an emulated Cortex-M7, beside CMSIS-NN's.

Needs gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm; takes about 10 s:

    python -m benchmarks.kernel_instructions [--core cortex-m7] [--optimization -O2]

CMSIS-NN: commit 99f736a6, library at -Ofast, the same compiler (gcc 12.2) and emulator (QEMU 7.2), same layers.
"""

import argparse
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.toolchain import build_arm, run_emulated
from prototypenas.graph.graph import IntegerGraph
from prototypenas.graph.lowering import lower
from prototypenas.graph.operator import Operator
from prototypenas.graph.operators.conv2d import Conv2d
from prototypenas.graph.operators.depthwise_conv2d import DepthwiseConv2d
from prototypenas.graph.operators.fully_connected import FullyConnected
from prototypenas.graph.tensors import IntegerWeights, Quantization, TensorSpec, Window
from prototypenas.types import Budget, Execution, Target


@dataclass(frozen=True)
class Row:
    """A layer and the figures to compare with."""

    kind: type[Operator]
    input: tuple[int, int, int]
    out_channels: int
    kernel: tuple[int, int] = (1, 1)
    stride: int = 1
    cmsis_nn: float = 0.0
    target: float | None = None

    @property
    def name(self) -> str:
        """As the table prints it."""
        label = {Conv2d: "conv", DepthwiseConv2d: "depthwise", FullyConnected: "linear"}[self.kind]
        shape = "x".join(map(str, self.input))
        return f"{label} {self.kernel[0]}x{self.kernel[1]} s{self.stride} {shape}->{self.out_channels}"


ROWS = (
    Row(Conv2d, (128, 128, 3), 16, (3, 3), 2, 4.79, 4.8),
    Row(Conv2d, (32, 32, 16), 16, (3, 3), 1, 2.50),
    Row(Conv2d, (16, 16, 32), 64, (3, 3), 1, 1.90, 1.6),
    Row(Conv2d, (64, 64, 8), 48, cmsis_nn=6.68, target=6.7),
    Row(Conv2d, (64, 64, 16), 8, cmsis_nn=3.90),
    Row(Conv2d, (16, 16, 96), 24, cmsis_nn=1.82, target=1.85),
    Row(Conv2d, (16, 16, 95), 23, cmsis_nn=2.14),
    Row(Conv2d, (8, 8, 192), 64, cmsis_nn=1.65),
    Row(Conv2d, (4, 4, 160), 640, cmsis_nn=1.84),
    Row(DepthwiseConv2d, (32, 32, 48), 48, (3, 3), 1, 8.65, 6.0),
    Row(DepthwiseConv2d, (64, 64, 48), 48, (3, 3), 2, 8.72, 6.0),
    Row(DepthwiseConv2d, (16, 16, 96), 96, (5, 5), 1, 9.63, 5.5),
    Row(Conv2d, (1, 256, 32), 32, (1, 39), 1, 1.88),
    Row(FullyConnected, (1, 1, 1280), 10, cmsis_nn=1.92, target=1.9),
    Row(FullyConnected, (1, 1, 512), 100, cmsis_nn=1.97, target=1.9),
)
"""Layers of deployment tables in the literature; targets are ours."""


class Applied(nn.Module):
    """A function of the input alone, as a network."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the function's value."""
        return self.function(inputs)


WITHOUT_WEIGHTS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "max pool 2x2 s2": nn.MaxPool2d(2),
    "max pool 3x3 s2": nn.MaxPool2d(3, 2, 1),
    "concatenation of twice 16 channels": lambda inputs: torch.cat([inputs, inputs], 1),
    "mean over a map": nn.AdaptiveAvgPool2d(1),
    "sum": lambda inputs: inputs + inputs,
    "table": torch.sigmoid,
}
"""Layers that are measured by their outputs."""


def main() -> None:
    """Print the table; exit with an error where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--core", default="cortex-m7")
    parser.add_argument("--optimization", default="-O2")
    arguments = parser.parse_args()
    instructions, counts = measure(arguments.core, arguments.optimization)
    outputs = measure_outputs(arguments.core, arguments.optimization)
    print(f"{'instructions per MAC, ' + arguments.core:42} ours  CMSIS-NN  target")
    missed = 0
    for row, layer, count in zip(ROWS, instructions, counts, strict=True):
        ratio = layer / count
        missed += row.target is not None and ratio > row.target
        print(f"{row.name:42}{ratio:5.2f}  {row.cmsis_nn:8.2f}  {row.target if row.target else '':>6}")
    print("\ninstructions per output, 32x32x16 in")
    print("\n".join(f"{name:42}{count:5.2f}" for name, count in outputs.items()))
    raise SystemExit(f"{missed} targets missed" if missed else None)


def measure(core: str, optimization: str) -> tuple[list[int], list[int]]:
    """Return instructions and multiply-accumulates of each row, each a network of its own."""
    rng = np.random.default_rng(0)
    graphs = [graph_of(row, rng) for row in ROWS]
    instructions = [instructions_of(graph, core, optimization) for graph in graphs]
    return instructions, [graph.operators[0].macs(graph.tensors) for graph in graphs]


def measure_outputs(core: str, optimization: str) -> dict[str, float]:
    """Return instructions per output of layers without weights."""
    found = {}
    for name, layer in WITHOUT_WEIGHTS.items():
        network = Applied(layer)
        shapes = lower(network, (16, 32, 32))
        graph = quantize(shapes, calibrate(shapes, [torch.randn(8, 16, 32, 32)]))
        count = graph.tensors[graph.outputs[0]].elements
        found[name] = instructions_of(graph, core, optimization) / count
    return found


def instructions_of(graph: IntegerGraph, core: str, optimization: str) -> int:
    """Return the instructions of a network's layers on an emulated core."""
    target = Target("emulator", "QEMU", core, 25_000_000, None, None, Budget())
    size = graph.tensors[graph.input].elements
    sample = np.random.default_rng(0).integers(-128, 128, size, dtype=np.int8)
    with tempfile.TemporaryDirectory() as name:
        plan = plan_memory(graph, Execution.LAYERS)
        write_c_project(graph, plan, Path(name), name="layer", target=target, sample=sample)
        elf = build_arm(Path(name), core, optimization=optimization)
        return sum(run_emulated(elf, core, sample[None]).layer_instructions)


def graph_of(row: Row, rng: np.random.Generator) -> IntegerGraph:
    """Return a row as a network of one operator."""
    padding = (row.kernel[0] // 2, row.kernel[1] // 2) * 2
    height, width = (-(-size // row.stride) for size in row.input[:2])
    source = TensorSpec("in", *row.input, quantization=Quantization(0.1, 5))
    target = TensorSpec("out", height, width, row.out_channels, quantization=Quantization(0.1, -3))
    operator = operator_of(row, rng, ("in", "out"), Window(row.kernel, (row.stride,) * 2, padding))
    shape = (row.input[2], *row.input[:2])
    return IntegerGraph(shape, {"in": source, "out": target}, (operator,), "in", ("out",))


def operator_of(row: Row, rng: np.random.Generator, tensors: tuple[str, str], window: Window) -> Operator:
    """Return one row's operator with random integer weights."""
    source, target = tensors
    if row.kind is DepthwiseConv2d:
        weights = random_weights(rng, (*row.kernel, row.out_channels), row.out_channels)
        return DepthwiseConv2d(row.name, (source,), target, window, row.out_channels, weights=weights)
    weights = random_weights(rng, (row.out_channels, *row.kernel, row.input[2]), row.out_channels)
    if row.kind is FullyConnected:
        return FullyConnected(row.name, (source,), target, row.input[2], row.out_channels, weights=weights)
    return Conv2d(row.name, (source,), target, window, row.input[2], row.out_channels, weights=weights)


def random_weights(rng: np.random.Generator, shape: tuple[int, ...], channels: int) -> IntegerWeights:
    """Return weights whose values do not matter to the count."""
    return IntegerWeights(
        weight=rng.integers(-127, 128, shape, dtype=np.int8),
        weight_scale=np.ones(channels),
        bias=rng.integers(-4000, 4000, channels, dtype=np.int32),
        multiplier=rng.integers(2**30, 2**31, channels).astype(np.int32),
        shift=rng.integers(40, 44, channels).astype(np.uint8),
    )


if __name__ == "__main__":
    main()
