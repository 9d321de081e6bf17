import random

import numpy as np
import pytest
import torch
from torch import nn

from experiments.nats_bench_cells import build_network, build_size_network, parse_architecture, published_macs
from prototypenas.compression.calibration import calibrate
from prototypenas.compression.float_execution import execute
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import quantize_input, simulate_rows
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.toolchain import build_host, run_host
from prototypenas.errors import ConfigurationError
from prototypenas.graph.graph import Graph
from prototypenas.graph.lowering import lower
from prototypenas.graph.operators.add import Add
from prototypenas.graph.operators.lookup import Lookup
from tests.deployment.candidates import BOARD, with_random_statistics

BEST = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|"
EMPTY = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
CONSTANT = "|none~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"
"""A convolution sees zeros, and the next one what that made of them."""
SHAPE = (3, 8, 8)

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


def macs(graph: Graph) -> int:
    return sum(operator.macs(graph.tensors) for operator in graph.operators)


def some_cells(count: int) -> list[str]:
    rng = random.Random(3)
    names = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
    cells = [[f"{rng.choice(names)}~{source}" for node in range(3) for source in range(node + 1)] for _ in range(count)]
    return [f"|{a}|+|{b}|{c}|+|{d}|{e}|{f}|" for a, b, c, d, e, f in cells]


@pytest.mark.parametrize("architecture", [MIXED, CONSTANT, EMPTY, *some_cells(4)])
def test_a_lowered_cell_computes_what_pytorch_does(architecture: str) -> None:
    torch.manual_seed(1)
    network = with_random_statistics(build_network(architecture, 10), SHAPE)
    graph = lower(network, SHAPE)
    inputs = torch.randn(3, *SHAPE)
    with torch.no_grad():
        wanted = network(inputs)
    found = execute(graph, inputs)[graph.outputs[0]].flatten(1)
    assert torch.allclose(found, wanted, rtol=1e-3, atol=1e-3 * float(wanted.abs().max()))
    assert macs(graph) <= published_macs(architecture, 10, side=8) + NORMALISED


NORMALISED = 64 * 2 * 2
"""Of the head's normalisation, which no convolution takes over."""


def test_sums_leave_zeros_out() -> None:
    with torch.device("meta"):
        graphs = {name: lower(build_network(name, 10), SHAPE) for name in (MIXED, CONSTANT)}
    assert not any(isinstance(operator, Lookup) for operator in graphs[MIXED].operators)
    assert sum(isinstance(operator, Add) for operator in graphs[MIXED].operators) == 15 + 2
    assert sum(isinstance(operator, Lookup) for operator in graphs[CONSTANT].operators) == 15


@pytest.mark.parametrize("architecture", [BEST, DENSE, BEST.replace("nor_conv_3x3~1|+", "avg_pool_3x3~1|+")])
def test_multiply_accumulates_are_what_the_benchmark_calls_flops(architecture: str) -> None:
    with torch.device("meta"):
        graph = lower(build_network(architecture, 10), (3, 32, 32))
    assert macs(graph) == pytest.approx(published_macs(architecture, 10), rel=1e-3)
    if architecture == BEST:
        assert macs(graph) / 1e6 == pytest.approx(153.27, rel=1e-3)


@pytest.mark.parametrize("architecture", [MIXED, CONSTANT])
def test_the_c_of_a_cell_is_the_simulator(architecture: str, tmp_path) -> None:
    torch.manual_seed(2)
    shapes = lower(with_random_statistics(build_network(architecture, 10), SHAPE), SHAPE)
    reals = torch.randn(4, *SHAPE)
    graph = quantize(shapes, calibrate(shapes, [reals]))
    inputs = quantize_input(graph, reals.numpy())
    write_c_project(graph, plan_memory(graph), tmp_path, name="cell", target=BOARD, sample=inputs[0])
    np.testing.assert_array_equal(run_host(build_host(tmp_path), inputs), simulate_rows(graph, inputs))


@pytest.mark.parametrize(
    ("channels", "parameters"), [((8,) * 5, 11_714), ((8, 8, 16, 40, 40), 107_826), ((64,) * 5, 713_674)]
)
def test_networks_of_the_size_space_have_their_published_parameters(channels, parameters) -> None:
    network = build_size_network(channels, 10)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters
    with torch.device("meta"):
        assert lower(build_size_network(channels, 10), (3, 32, 32)).operators


def test_other_widths_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="has five"):
        build_size_network((8, 8, 8), 10)
