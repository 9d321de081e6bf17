"""Instructions per multiply-accumulate of each kernel on an emulated Cortex-M7, beside CMSIS-NN's.

Needs gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm; takes about 10 s:

    python -m benchmarks.kernel_instructions [--core cortex-m7] [--optimization -O2]

CMSIS-NN: commit 99f736a6, library at -Ofast, the same compiler (gcc 12.2) and emulator (QEMU 7.2), same layers.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prototypenas.costing.memory_plan import plan_memory
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.toolchain import build_arm, run_emulated
from prototypenas.graph.graph import IntegerGraph
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


def main() -> None:
    """Print the table; exit with an error where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--core", default="cortex-m7")
    parser.add_argument("--optimization", default="-O2")
    arguments = parser.parse_args()
    instructions, counts = measure(arguments.core, arguments.optimization)
    print(f"{'instructions per MAC, ' + arguments.core:42} ours  CMSIS-NN  target")
    missed = 0
    for row, layer, count in zip(ROWS, instructions, counts, strict=True):
        ratio = layer / count
        missed += row.target is not None and ratio > row.target
        print(f"{row.name:42}{ratio:5.2f}  {row.cmsis_nn:8.2f}  {row.target if row.target else '':>6}")
    raise SystemExit(f"{missed} targets missed" if missed else None)


def measure(core: str, optimization: str) -> tuple[list[int], list[int]]:
    """Return instructions and multiply-accumulates of each row, each a network of its own."""
    target = Target("emulator", "QEMU", core, 25_000_000, None, None, Budget())
    rng = np.random.default_rng(0)
    instructions: list[int] = []
    counts: list[int] = []
    for row in ROWS:
        graph = graph_of(row, rng)
        sample = rng.integers(-128, 128, graph.tensors[graph.input].elements, dtype=np.int8)
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            plan = plan_memory(graph, Execution.LAYERS)
            write_c_project(graph, plan, directory, name="layer", target=target, sample=sample)
            elf = build_arm(directory, core, optimization=optimization)
            instructions += run_emulated(elf, core, sample[None]).layer_instructions
        counts.append(graph.operators[0].macs(graph.tensors))
    return instructions, counts


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
