"""MbedNet: no map is expanded before it is halved, so no map outgrows the stem's."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from prototypenas.costing.memory_plan import plan_memory
from prototypenas.graph.lowering import lower
from prototypenas.types import Configuration, GroupConfiguration
from search_spaces.mbednet import NarrowResidualBlock, SeparableBlock, build_mbednet


def halving(depth):
    groups = (GroupConfiguration(depth=depth, stride=2),) * 4
    return Configuration("mbednet", 1.0, groups)


@pytest.mark.parametrize("depth", [1, 3, 5])
@pytest.mark.parametrize("width", [0.5, 1.0])
def test_arena_never_exceeds_input_and_stem_where_every_group_halves_its_map(depth, width):
    configuration = replace(halving(depth), width=width)
    with torch.device("meta"):
        graph = lower(build_mbednet(configuration, (3, 128, 128), 10), (3, 128, 128))
    assert plan_memory(graph).arena_bytes <= 3 * 128 * 128 + 16 * width * 64 * 64


def test_only_the_first_superblock_of_a_group_does_not_expand():
    model = build_mbednet(halving(3), (3, 32, 32), 10)
    for group in model.groups:
        assert [type(block) for block in group] == [SeparableBlock, NarrowResidualBlock, NarrowResidualBlock]


def test_rectifiers_are_relu():
    kinds = {type(module) for module in build_mbednet(halving(2), (3, 32, 32), 10).modules()}
    assert nn.ReLU in kinds
    assert nn.ReLU6 not in kinds


def test_stream_is_added_to():
    torch.manual_seed(0)
    block = NarrowResidualBlock(4, 8, kernel=3, axes=2).eval()
    nn.init.zeros_(block.project[1].weight)
    inputs = torch.randn(2, 4, 6, 6)
    assert torch.equal(block(inputs), inputs)
