"""The table shows the network that is priced: its MACs add up, its RAM stays within the plan."""

import pytest
import torch

from prototypenas.costing.memory_plan import plan_memory
from prototypenas.graph.lowering import lower
from prototypenas.reporting.architecture_table import describe
from prototypenas.types import Configuration, GroupConfiguration
from search_spaces import DETECTION_POOL, IMAGE_POOL, REFERENCES, TIME_SERIES_POOL

BASELINES = {**IMAGE_POOL, **TIME_SERIES_POOL, **DETECTION_POOL}
SHAPES = {name: (6, 128) if name in TIME_SERIES_POOL else (3, 128, 128) for name in BASELINES}


@pytest.mark.parametrize("name", BASELINES)
def test_rows_add_up_to_the_priced_network(name):
    rows = describe(BASELINES[name], REFERENCES[name], SHAPES[name], 10)
    with torch.device("meta"):
        graph = lower(BASELINES[name](REFERENCES[name], SHAPES[name], 10), SHAPES[name])
    assert sum(row.macs for row in rows) == sum(operator.macs(graph.tensors) for operator in graph.operators)
    peak = max(row.ram_bytes for row in rows)
    plan = plan_memory(graph)
    assert max(row.size for row in plan.rows(graph)) <= peak <= plan.arena_bytes
    blocks = [(row.part, row.block) for row in rows if row.block is not None]
    assert blocks == [
        (f"group {number}", block)
        for number, group in enumerate(REFERENCES[name].groups)
        for block in range(group.depth)
    ]


def test_row_shows_channels_before_and_after_pruning():
    groups = tuple(
        GroupConfiguration(depth=2, kernel=5, stride=2, sparsity=sparsity) for sparsity in (0.0, 0.5, 0.25, 0.75)
    )
    rows = describe(IMAGE_POOL["resnet18"], Configuration("resnet18", 1.0, groups), (3, 128, 128), 10)
    assert [(row.part, row.block, row.kernel, row.stride, row.channels, row.kept, row.size) for row in rows] == [
        ("stem", None, None, None, 64, 64, (32, 32)),
        ("group 0", 0, 5, 2, 64, 64, (16, 16)),
        ("group 0", 1, 5, 1, 64, 64, (16, 16)),
        ("group 1", 0, 5, 2, 128, 64, (8, 8)),
        ("group 1", 1, 5, 1, 128, 64, (8, 8)),
        ("group 2", 0, 5, 2, 256, 192, (4, 4)),
        ("group 2", 1, 5, 1, 256, 192, (4, 4)),
        ("group 3", 0, 5, 2, 512, 128, (2, 2)),
        ("group 3", 1, 5, 1, 512, 128, (2, 2)),
        ("head", None, None, None, 10, 10, (1, 1)),
    ]
