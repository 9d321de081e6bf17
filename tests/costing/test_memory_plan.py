"""Plans are replayed byte by byte: whatever an operator reads must still be there."""

from dataclasses import replace
from random import Random

import pytest
import torch
import torchvision
from torch import nn

from prototypenas.costing.memory_plan import ALIGNMENT, plan_memory, plan_with_cuts
from prototypenas.costing.offset_assignment import step_bounds
from prototypenas.costing.plan_structure import Structure
from prototypenas.costing.segmentation import Cut
from prototypenas.errors import InvalidConfiguration
from prototypenas.graph.graph import Graph
from prototypenas.graph.lowering import lower
from prototypenas.graph.operators.concat import Concat
from prototypenas.testing.sampling import random_configuration
from prototypenas.types import Execution
from search_spaces import DETECTION_POOL, IMAGE_POOL, KERNELS, TIME_SERIES_POOL
from tests.costing.plan_replay import RandomGraph, Replay

POOLS = {
    **{name: (baseline, (3, 128, 128)) for name, baseline in (IMAGE_POOL | DETECTION_POOL).items()},
    **{name: (baseline, (6, 256)) for name, baseline in TIME_SERIES_POOL.items()},
}


def has_concat_in_place(graph: Graph) -> bool:
    return bool(plan_memory(graph).pixel_strides)


@pytest.mark.parametrize("seed", range(120))
def test_no_operator_reads_what_was_overwritten(seed):
    graph = RandomGraph(seed).build(3 + seed % 17)
    plan = plan_memory(graph, Execution.LAYERS)
    assert plan.lower_bound_bytes <= plan.arena_bytes <= plan.live_bound_bytes
    Replay(graph, plan).run()


@pytest.mark.parametrize("seed", range(60))
def test_bounds_with_more_and_more_concatenations_in_place_are_those_worked_out_anew(seed):
    structure = Structure(RandomGraph(seed).build(6 + seed % 17), 4)
    chosen, bounds = frozenset(), structure.plain_bounds
    for concat in structure.concats:
        chosen |= {concat}
        bounds = structure.bounds_in_place(bounds, concat)
        assert bounds == step_bounds(structure.blocks(chosen), structure.leads(chosen))


def whole_network(graph: Graph) -> list[Cut]:
    """One segment, as far as operators follow the input's rows; then layers."""
    return [Cut(0, len(graph.operators), by_rows=True)]


@pytest.mark.parametrize("execution", [Execution.AUTO, Execution.ROWS], ids=["whole input", "rows handed in"])
@pytest.mark.parametrize("seed", range(60))
def test_no_row_is_read_that_was_overwritten(seed, execution):
    graph = RandomGraph(seed).build(3 + seed % 17)
    plan = plan_memory(graph, execution)
    assert plan.lower_bound_bytes <= plan.arena_bytes
    Replay(graph, plan).run()


@pytest.mark.parametrize("streamed", [False, True], ids=["whole input", "rows handed in"])
@pytest.mark.parametrize("seed", range(60))
def test_no_row_is_overwritten_where_everything_is_one_segment(seed, streamed):
    graph = RandomGraph(seed).build(3 + seed % 17)
    plan = plan_with_cuts(graph, whole_network(graph), streamed=streamed)
    Replay(graph, plan).run()


def test_a_ring_one_row_shorter_is_noticed():
    graph = RandomGraph(3).build(8)
    plan = plan_with_cuts(graph, whole_network(graph), streamed=True)
    shorter = [name for name, rows in plan.ring_rows.items() if rows > 1]
    assert shorter
    for name in shorter:
        rings = {**plan.ring_rows, name: plan.ring_rows[name] - 1}
        with pytest.raises(AssertionError):
            Replay(graph, replace(plan, ring_rows=rings)).run()


def test_random_graphs_exercise_what_they_should():
    plans = [plan_memory(RandomGraph(seed).build(3 + seed % 17), Execution.LAYERS) for seed in range(120)]
    assert sum(bool(plan.pixel_strides) for plan in plans) > 20
    assert sum(bool(plan.overlaps) for plan in plans) > 60


def test_the_replay_notices_a_plan_one_word_too_tight():
    graph = RandomGraph(3).build(8)
    plan = plan_memory(graph, Execution.LAYERS)
    tight = sum(_fails_when_moved(graph, plan, name) for name in plan.offsets)
    assert tight > 0


def _fails_when_moved(graph: Graph, plan, name: str) -> bool:
    offsets = {**plan.offsets, name: plan.offsets[name] - ALIGNMENT}
    if offsets[name] < 0:
        return False
    moved = type(plan)(**{**vars(plan), "offsets": offsets})
    try:
        Replay(graph, moved).run()
    except AssertionError:
        return True
    return False


def resnet18_of_half_width() -> nn.Module:
    module = torchvision.models.resnet18(weights=None, num_classes=10)
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Conv2d):
                inputs = child.in_channels if child.in_channels == 3 else child.in_channels // 2
                options = {"stride": child.stride, "padding": child.padding, "bias": False}
                setattr(parent, name, nn.Conv2d(inputs, child.out_channels // 2, child.kernel_size, **options))
            elif isinstance(child, nn.BatchNorm2d):
                setattr(parent, name, nn.BatchNorm2d(child.num_features // 2))
    module.fc = nn.Linear(256, 10)
    return module


NETWORKS = {
    "MobileNetV2 0.35": (lambda: torchvision.models.mobilenet_v2(weights=None, width_mult=0.35), 198_144),
    "MobileNetV2 1.0": (lambda: torchvision.models.mobilenet_v2(weights=None), 396_288),
    "ResNet18 half": (resnet18_of_half_width, 132_992),
    "SqueezeNet 1.1": (lambda: torchvision.models.squeezenet1_1(weights=None), 256_000),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_published_networks_need_no_more_than_stated(name):
    build, limit = NETWORKS[name]
    with torch.device("meta"):
        plan = plan_memory(lower(build(), (3, 128, 128)), Execution.LAYERS)
    assert plan.arena_bytes <= limit
    assert plan.arena_bytes == plan.lower_bound_bytes


class Inception(nn.Module):
    """A module of InceptionTime: bottleneck, three long kernels, pooled branch."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bottleneck = nn.Conv1d(channels, 32, 1, bias=False)
        self.branches = nn.ModuleList(nn.Conv1d(32, 32, size, padding=size // 2, bias=False) for size in (39, 19, 9))
        self.pooled = nn.Sequential(nn.MaxPool1d(3, 1, 1), nn.Conv1d(channels, 32, 1, bias=False))
        self.normalisation = nn.BatchNorm1d(128)

    def forward(self, inputs):
        narrow = self.bottleneck(inputs)
        joined = torch.cat([*(branch(narrow) for branch in self.branches), self.pooled(inputs)], 1)
        return torch.relu(self.normalisation(joined))


class InceptionTime(nn.Module):
    """Six modules with a shortcut around each three, as published, for six channels."""

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleList(nn.Sequential(Inception(c), Inception(128), Inception(128)) for c in (6, 128))
        self.shortcuts = nn.ModuleList(nn.Conv1d(c, 128, 1) for c in (6, 128))
        self.classifier = nn.Linear(128, 5)

    def forward(self, inputs):
        for stage, shortcut in zip(self.stages, self.shortcuts, strict=True):
            inputs = torch.relu(stage(inputs) + shortcut(inputs))
        return self.classifier(inputs.mean(-1))


def test_inceptiontime_needs_no_more_than_stated():
    with torch.device("meta"):
        plan = plan_memory(lower(InceptionTime(), (6, 256)), Execution.LAYERS)
    assert plan.live_bound_bytes == 122_880
    assert plan.arena_bytes < 100_000


@pytest.mark.parametrize("name", POOLS)
def test_candidates_never_need_more_than_their_live_tensors(name):
    baseline, shape = POOLS[name]
    random, planned = Random(0), 0
    while planned < 4:
        try:
            with torch.device("meta"):
                module = baseline(random_configuration(random, name, KERNELS[name]), shape, 10)
        except InvalidConfiguration:
            continue
        layers, plan, rows = (
            plan_memory(lower(module, shape), way) for way in (Execution.LAYERS, Execution.AUTO, Execution.ROWS)
        )
        assert plan.lower_bound_bytes <= plan.arena_bytes <= plan.live_bound_bytes
        assert plan.total_bytes <= layers.total_bytes
        assert rows.total_bytes <= layers.total_bytes + ALIGNMENT  # a word counts the rows that were handed in
        planned += 1


def test_a_concatenation_in_place_holds_its_inputs():
    with torch.device("meta"):
        graph = lower(torchvision.models.squeezenet1_1(weights=None), (3, 128, 128))
    plan = plan_memory(graph)
    concat = next(operator for operator in graph.operators if isinstance(operator, Concat))
    left, right = concat.inputs
    channels = graph.tensors[concat.output].channels
    assert plan.pixel_strides[left] == plan.pixel_strides[right] == channels
    assert plan.offsets[left] == plan.offsets[concat.output]
    assert plan.offsets[right] == plan.offsets[left] + graph.tensors[left].channels


def test_scratch_lies_behind_the_tensors_and_aligned():
    with torch.device("meta"):
        plan = plan_memory(lower(nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU()), (3, 9, 9)))
    assert plan.scratch_offset % 4 == 0
    assert 0 <= plan.scratch_offset - plan.arena_bytes < 4
    assert plan.total_bytes == plan.scratch_offset + plan.scratch_bytes


def test_rows_are_in_order_of_use_and_inside_the_arena():
    with torch.device("meta"):
        graph = lower(torchvision.models.squeezenet1_1(weights=None), (3, 64, 64))
    plan = plan_memory(graph)
    rows = plan.rows(graph)
    assert [row.first for row in rows] == sorted(row.first for row in rows)
    assert len(rows) == len(graph.tensors)
    assert all(0 <= row.first <= row.last < len(graph.operators) for row in rows)
    assert max(row.offset for row in rows) < plan.arena_bytes
