import pytest
import torch
from torch import nn

from experiments.nats_bench_cells import build_network, parse_architecture
from prototypenas.errors import ConfigurationError

DENSE = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"
MIXED = "|avg_pool_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|nor_conv_1x1~2|"


def test_the_largest_cell_has_its_published_number_of_parameters() -> None:
    assert sum(p.numel() for p in build_network(DENSE, 10).parameters()) == 1_531_546


def test_operations_are_read_in_the_order_of_their_sources() -> None:
    assert parse_architecture(MIXED) == (
        ("avg_pool_3x3",), ("none", "skip_connect"), ("skip_connect", "none", "nor_conv_1x1"),
    )  # fmt: skip


def test_a_cell_sums_its_operations_at_each_node() -> None:
    torch.manual_seed(0)
    cell = build_network(MIXED, 10)[2].double()
    inputs = torch.randn(2, 16, 8, 8, dtype=torch.float64)
    pooled = nn.functional.avg_pool2d(inputs, 3, 1, 1, count_include_pad=False)
    convolution = cell.nodes[2][2]
    assert torch.allclose(cell(inputs), inputs + convolution(pooled))


@pytest.mark.parametrize("architecture", ["", "|none~0|", MIXED.replace("none", "conv_7x7"), DENSE + "+|none~0|"])
def test_what_is_no_cell_is_refused(architecture: str) -> None:
    with pytest.raises(ConfigurationError, match="no NATS-Bench cell"):
        parse_architecture(architecture)
