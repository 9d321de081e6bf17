"""A project whose layers meet every kernel: what a user flashes to measure a board for `--latency-table`."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.costing.footprint import check_fits, cost_of
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.deployment.c_project import write_c_project
from prototypenas.graph.lowering import lower
from prototypenas.types import Execution, InputShape, Target

SHAPE: InputShape = (3, 32, 32)
SAMPLES = 16


class BoardNetwork(nn.Module):
    """Two or more layers of each kernel that takes most of the time, one of each other, at sizes of small networks."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.convolution = nn.Conv2d(16, 16, 3, padding=1)
        self.wider, self.widest = nn.Conv2d(16, 32, 1), nn.Conv2d(32, 64, 1)
        self.narrower = nn.Conv2d(64, 24, 1)
        self.small_depthwise = nn.Conv2d(32, 32, 3, padding=1, groups=32)
        self.large_depthwise = nn.Conv2d(64, 64, 5, stride=2, padding=2, groups=64)
        self.deep = nn.Conv2d(24, 32, 3, padding=1)
        self.grouped = nn.Conv2d(64, 64, 3, padding=1, groups=4)
        self.gate = nn.Conv2d(64, 64, 1)
        self.transposed = nn.ConvTranspose2d(32, 8, 2, stride=2)
        self.small_pool, self.large_pool = nn.MaxPool2d(2), nn.MaxPool2d(3, 2, 1)
        self.halved, self.inner = nn.AvgPool2d(2), nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
        self.hidden, self.last = nn.Linear(256, 64), nn.Linear(64, 10)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return 10 outputs of a picture `(3, 32, 32)`."""
        first = self.stem(inputs).relu()
        wide = self.small_depthwise(self.wider(self.convolution(first) + first))
        deep = self.large_depthwise(F.hardswish(self.widest(wide)))
        mixed = F.channel_shuffle(self.grouped(deep), 4)
        gated = mixed * torch.sigmoid(self.gate(mixed.mean((2, 3), keepdim=True)))
        spread = self.transposed(self.deep(self.narrower(gated)).relu())
        pooled = self.small_pool(self.large_pool(spread))
        larger = F.interpolate(pooled, scale_factor=2)
        both = torch.cat([torch.relu(larger), larger], 1)
        outputs: Tensor = self.last(self.hidden(self.halved(self.inner(both)).flatten(1)).relu())
        return outputs


def write_board_bench(target: Target, directory: Path) -> None:
    """Write the project, with random weights; `bench.c` in it prints the table.

    Raises:
        ConfigurationError: if the target cannot hold it, or its core is not known.
    """
    torch.manual_seed(0)
    shapes = lower(BoardNetwork().eval(), SHAPE)
    graph = quantize(shapes, calibrate(shapes, [torch.randn(SAMPLES, *SHAPE)]))
    goal = replace(target, execution=Execution.LAYERS)
    plan = plan_memory(graph, Execution.LAYERS)
    check_fits(cost_of(graph, goal, plan), goal)
    sample = np.zeros(graph.tensors[graph.input].elements, np.int8)
    write_c_project(graph, plan, directory, name="bench", target=goal, sample=sample)
