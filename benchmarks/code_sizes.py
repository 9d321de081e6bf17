"""Measures kernel code and stack for every core and optimization and prints `code_sizes.toml`.

Needs gcc-arm-none-eabi and libnewlib-arm-none-eabi; takes about a minute. Run it after any change of a kernel:

    python -m benchmarks.code_sizes > prototypenas/costing/code_sizes.toml
"""

import tempfile
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor, nn

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.costing.code_measurement import measure_code
from prototypenas.costing.cores import CORES
from prototypenas.costing.kernel_properties import kernels_in_use
from prototypenas.costing.memory_plan import collected, plan_memory, plan_with_cuts
from prototypenas.costing.segmentation import Cut
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.toolchain import run_program
from prototypenas.graph.lowering import lower
from prototypenas.graph.operators import KERNELS
from prototypenas.types import Budget, Execution, Target

OPTIMIZATIONS = ("O0", "O2", "O3", "Os")


class EveryKernel(nn.Module):
    """A network that links every kernel."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 8, 3, padding=1)
        self.pointwise = nn.Conv2d(8, 8, 1)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.grouped = nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.max_pool = nn.MaxPool2d(2)
        self.spread = nn.ConvTranspose2d(8, 8, 2, stride=2)
        self.upsample = nn.Upsample(scale_factor=2, mode="nearest")
        self.small_pool = nn.AvgPool2d(2)
        self.inner_pool = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
        self.average_pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(16, 4)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return logits."""
        first = self.convolution(inputs)
        second = self.depthwise(self.pointwise(first)) + first
        second = self.grouped(nn.functional.channel_shuffle(nn.functional.hardswish(second), 2))
        second = second * torch.sigmoid(second.mean((2, 3), keepdim=True))
        halved = self.spread(self.max_pool(self.max_pool(second)))
        pooled = self.upsample(torch.relu(halved))
        both = torch.cat([torch.relu(self.max_pool(pooled)), halved], 1)
        logits: torch.Tensor = self.linear(self.average_pool(self.small_pool(self.inner_pool(both))).flatten(1))
        return logits


def write_every_runtime(directory: Path) -> dict[str, Path]:
    """Write projects of one network, each in a folder named after its runtime; the first uses every kernel."""
    torch.manual_seed(0)
    network = EveryKernel().eval()
    shapes = lower(network, (3, 8, 8))
    graph = quantize(shapes, calibrate(shapes, [torch.randn(4, 3, 8, 8)]))
    whole = [Cut(0, len(graph.operators), by_rows=True)]
    plans = [plan_with_cuts(graph, whole, streamed=streamed) for streamed in (False, True)]
    plans.append(plan_memory(graph, Execution.LAYERS))
    plans += [collected(plan) for plan in plans if not plan.streamed_input]
    missing = set(KERNELS) - kernels_in_use(graph, plans[0].written_in_place, plans[0].sums_offsets)
    if missing:
        raise SystemExit(f"the network does not use {sorted(missing)}")
    target = Target("any", "", "cortex-m7", 1, None, None, Budget())
    projects = {plan.runtime: plan for plan in plans}
    # The sizes of a new kernel are not known yet: they are what is measured here.
    with patch("prototypenas.deployment.c_project.code_bytes", return_value=0):
        for name, plan in projects.items():
            sample = np.zeros(192, np.int8)
            write_c_project(graph, plan, directory / name, name="every kernel", target=target, sample=sample)
    return {name: directory / name for name in projects}


def main() -> None:
    """Print the table."""
    version = run_program(["arm-none-eabi-gcc", "-dumpversion"], directory=Path.cwd()).strip()
    print(f"# Code and stack in bytes, arm-none-eabi-gcc {version}. Written by benchmarks/code_sizes.py.")
    with tempfile.TemporaryDirectory() as name:
        projects = write_every_runtime(Path(name))
        for core in CORES:
            for optimization in OPTIMIZATIONS:
                sizes = measure_code(projects, core, f"-{optimization}")
                print(f"\n[sizes.{core}.{optimization}]")
                print("\n".join(f"{key} = {sizes[key]}" for key in sorted(sizes)))


if __name__ == "__main__":
    main()
