"""Plans are replayed byte by byte: whatever an operator reads must still be there."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from prototypenas.costing.memory_plan import plan_memory, plan_with_cuts
from prototypenas.costing.offset_assignment import step_bounds
from prototypenas.costing.plan_structure import Structure
from prototypenas.costing.row_schedule import TAKE_ROW
from prototypenas.costing.segmentation import Cut
from prototypenas.errors import InvalidConfiguration
from prototypenas.graph.graph import Graph
from prototypenas.graph.lowering import lower
from prototypenas.graph.operators.add import Add
from prototypenas.graph.operators.average_pool2d import AveragePool2d
from prototypenas.graph.operators.concat import Concat
from prototypenas.graph.operators.conv2d import Conv2d
from prototypenas.graph.operators.depthwise_conv2d import DepthwiseConv2d
from prototypenas.graph.operators.fully_connected import FullyConnected
from prototypenas.graph.operators.max_pool2d import MaxPool2d
from prototypenas.graph.operators.requantize import Requantize
from prototypenas.graph.tensors import TensorSpec, Window
from prototypenas.testing.sampling import random_configuration
from prototypenas.types import Execution
from search_spaces import DETECTION_POOL, IMAGE_POOL, KERNELS, TIME_SERIES_POOL

POOLS = {
    **{name: (baseline, (3, 128, 128)) for name, baseline in (IMAGE_POOL | DETECTION_POOL).items()},
    **{name: (baseline, (6, 256)) for name, baseline in TIME_SERIES_POOL.items()},
}


class RandomGraph:
    """Grows a graph of small maps with branches, sums, concatenations and several outputs."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.tensors = {"input": TensorSpec("input", *(self.random.randint(1, 9) for _ in range(3)))}
        self.operators = []

    def build(self, length: int) -> Graph:
        for number in range(length):
            getattr(self, self.random.choice(("window", "window", "window", "add", "concat", "linear")))(f"t{number}")
        read = {name for operator in self.operators for name in operator.inputs}
        outputs = tuple(operator.output for operator in self.operators if operator.output not in read)
        spec = self.tensors["input"]
        shape = (spec.channels, spec.height, spec.width)
        return Graph(shape, self.tensors, tuple(self.operators), "input", outputs)

    def recent(self) -> TensorSpec:
        return self.tensors[self.random.choice(list(self.tensors)[-4:])]

    def append(self, operator, height: int, width: int, channels: int) -> None:
        self.operators.append(operator)
        self.tensors[operator.output] = TensorSpec(operator.output, height, width, channels)

    def window(self, name: str) -> None:
        source = self.recent()
        kernel = (self.random.randint(1, 4), self.random.randint(1, 4))
        stride = (self.random.randint(1, 3), self.random.randint(1, 3))
        padding = tuple(self.random.randint(0, kernel[side % 2] - 1) for side in range(4))
        kind = self.random.choice((Conv2d, DepthwiseConv2d, MaxPool2d, AveragePool2d))
        padding = (0, 0, 0, 0) if kind is AveragePool2d else padding
        height = (source.height + padding[0] + padding[2] - kernel[0]) // stride[0] + 1
        width = (source.width + padding[1] + padding[3] - kernel[1]) // stride[1] + 1
        if min(height, width) < 1:
            self.add(name)
            return
        window = Window(kernel, stride, padding)
        channels = self.random.randint(1, 12) if kind is Conv2d else source.channels
        extra = {
            Conv2d: {"in_channels": source.channels, "out_channels": channels},
            DepthwiseConv2d: {"channels": channels},
        }
        self.append(kind(name, (source.name,), name, window, **extra.get(kind, {})), height, width, channels)

    def add(self, name: str) -> None:
        left = self.recent()
        same = [spec for spec in self.tensors.values() if spec.elements == left.elements and spec != left]
        alike = [spec.name for spec in same if (spec.height, spec.width) == (left.height, left.width)]
        extent = (left.height, left.width, left.channels)
        if alike:
            self.append(Add(name, (left.name, alike[-1]), name), *extent)
        else:
            self.append(Requantize(name, (left.name,), name), *extent)

    def concat(self, name: str) -> None:
        first = self.recent()
        others = [spec for spec in self.tensors.values() if (spec.height, spec.width) == (first.height, first.width)]
        chosen = [first, *self.random.sample(others, min(2, len(others)))]
        channels = sum(spec.channels for spec in chosen)
        inputs = tuple(spec.name for spec in chosen)
        self.append(Concat(name, inputs, name), first.height, first.width, channels)

    def linear(self, name: str) -> None:
        if self.random.random() < 0.7:
            self.window(name)
            return
        source, features = self.recent(), self.random.randint(1, 30)
        self.append(FullyConnected(name, (source.name,), name, source.elements, features), 1, 1, features)


class Replay:
    """An arena whose every byte knows which element of which tensor it holds."""

    def __init__(self, graph: Graph, plan) -> None:
        self.graph, self.plan = graph, plan
        self.numbers = {name: number for number, name in enumerate(graph.tensors)}
        self.arena = np.full(plan.arena_bytes, -1)

    def places(self, name: str) -> np.ndarray:
        """Arena indices of a tensor's elements, `(H, W, C)`."""
        spec = self.graph.tensors[name]
        stride = self.plan.pixel_strides.get(name, spec.channels)
        pixels = np.arange(spec.height * spec.width).reshape(spec.height, spec.width, 1)
        return self.plan.offsets[name] + pixels * stride + np.arange(spec.channels)

    def tags(self, name: str) -> np.ndarray:
        spec = self.graph.tensors[name]
        return self.numbers[name] * 10**6 + np.arange(spec.elements).reshape(spec.height, spec.width, spec.channels)

    def write(self, name: str, part=np.s_[:]) -> None:
        self.arena[self.places(name)[part]] = self.tags(name)[part]

    def read(self, name: str, part=np.s_[:]) -> None:
        assert np.array_equal(self.arena[self.places(name)[part]], self.tags(name)[part]), f"{name} was overwritten"

    def run(self) -> None:
        if not self.plan.streamed_input:
            self.write("input")
        segments = {segment.first: segment for segment in self.plan.segments}
        index = 0
        while index < len(self.graph.operators):
            segment = segments.get(index)
            if segment is None:
                self.step(self.graph.operators[index])
            else:
                RowReplay(self, segment).run()
            index = index + 1 if segment is None else segment.end
        for name in self.graph.outputs:
            self.read(name)

    def step(self, operator) -> None:
        match operator:
            case Concat():
                self.concatenate(operator)
            case FullyConnected():
                for feature in range(operator.out_features):
                    self.read(operator.inputs[0])
                    self.write(operator.output, np.s_[:, :, feature])
            case Add() | Requantize():
                self.element_wise(operator)
            case Conv2d():
                self.slide(operator, together=1, by_channel=False)
            case _:
                self.slide(operator, together=2 if isinstance(operator, DepthwiseConv2d) else 1, by_channel=True)

    def concatenate(self, operator: Concat) -> None:
        start = 0
        for name in operator.inputs:
            self.read(name)
            channels = self.graph.tensors[name].channels
            self.write(operator.output, np.s_[:, :, start : start + channels])
            start += channels

    def element_wise(self, operator) -> None:
        spec = self.graph.tensors[operator.output]
        for row, column in np.ndindex(spec.height, spec.width):
            for name in operator.inputs:
                self.read(name, np.s_[row, column])
            self.write(operator.output, np.s_[row, column])

    def slide(self, operator, *, together: int, by_channel: bool) -> None:
        """Pixels in order; a group of them whole, or channel by channel while later channels are still to be read."""
        spec = self.graph.tensors[operator.output]
        for row in range(spec.height):
            for first in range(0, spec.width, together):
                columns = range(first, min(first + together, spec.width))
                channels = [np.s_[c : c + 1] for c in range(spec.channels)] if by_channel else [np.s_[:]]
                for channel in channels:
                    for column in columns:
                        self.read(operator.inputs[0], (*self.seen(operator.window, row, column), channel))
                    for column in columns:
                        self.write(operator.output, np.s_[row, column, channel])

    @staticmethod
    def seen(window: Window, row: int, column: int) -> tuple[slice, slice]:
        top, left = row * window.stride[0] - window.padding[0], column * window.stride[1] - window.padding[1]
        rows = slice(max(0, top), max(0, top + window.kernel[0]))
        return rows, slice(max(0, left), max(0, left + window.kernel[1]))


class RowReplay:
    """Takes the steps of one segment; every row is where its ring says."""

    def __init__(self, replay: Replay, segment) -> None:
        self.replay, self.graph, self.plan, self.segment = replay, replay.graph, replay.plan, segment
        self.layers = [
            (operator, layer)
            for operator in self.graph.operators[segment.first : segment.end]
            for layer in operator.c_layers(self.graph.tensors, self.plan.written_in_place)
        ]
        self.made = [0] * len(self.layers)
        self.taken = 0
        self.joined = dict(self.concatenated())

    def concatenated(self):
        """Tensors written straight into a concatenation of this segment: which, and from which channel on."""
        for operator in self.graph.operators[self.segment.first : self.segment.end]:
            start = 0
            for name in operator.inputs if isinstance(operator, Concat) else ():
                if name in self.plan.pixel_strides:
                    yield name, (operator.output, start)
                start += self.graph.tensors[name].channels

    def run(self) -> None:
        for step in self.segment.schedule.steps:
            if step == TAKE_ROW:
                self.write("input", self.taken)
                self.taken += 1
            else:
                self.take(step)
        for made, (operator, _) in zip(self.made, self.layers, strict=True):
            summed = operator.output in self.plan.sums_offsets
            height = self.graph.tensors[operator.inputs[0] if summed else operator.output].height
            assert made == height, f"{operator.name} made {made} of {height} rows"

    def take(self, step: int) -> None:
        (operator, layer), row = self.layers[step], self.made[step]
        self.made[step] += 1
        if operator.output in self.plan.sums_offsets:
            self.sum_up(operator, row)
        elif isinstance(operator, Add | Requantize):
            self.element_wise(operator, row)
        else:
            rows = self.rows_read(operator, row)
            for _ in range(2):  # Before the row is written, and after: none of it may fall into what is being read.
                for name in layer.inputs:
                    for read in rows:
                        self.read(name, read)
                if isinstance(operator, Concat):
                    self.copy(operator, layer, row)
                else:
                    self.write(operator.output, row)

    def rows_read(self, operator, row: int) -> range:
        height = self.graph.tensors[operator.inputs[0]].height
        if isinstance(operator, FullyConnected):
            return range(height)
        if isinstance(operator, Concat):
            return range(row, row + 1)
        window = operator.window
        stride = window.stride[0] if self.graph.tensors[operator.output].height > 1 else 1
        top = row * stride - window.padding[0]
        return range(min(height, max(0, top)), min(height, max(0, top + window.kernel[0])))

    def element_wise(self, operator, row: int) -> None:
        for column in range(self.graph.tensors[operator.output].width):
            for name in operator.inputs:
                self.read(name, row, column)
            self.write(operator.output, row, column)

    def copy(self, operator: Concat, layer, row: int) -> None:
        channels = np.s_[layer.output_start : layer.output_start + layer.source.channels]
        self.write(operator.output, row, np.s_[:], channels)

    def sum_up(self, operator, row: int) -> None:
        spec = self.graph.tensors[operator.inputs[0]]
        sums = self.replay.arena[self.plan.sums_offsets[operator.output] :][: 4 * spec.channels]
        tag = -2 - self.replay.numbers[operator.output]
        assert row == 0 or (sums == tag).all(), f"sums of {operator.name} were overwritten"
        self.read(operator.inputs[0], row)
        sums[:] = tag
        self.read(operator.inputs[0], row)
        if row == spec.height - 1:
            self.write(operator.output, 0)

    def places(self, name: str, row: int) -> np.ndarray:
        spec, ring = self.graph.tensors[name], self.plan.ring_rows.get(name, self.graph.tensors[name].height)
        stride = self.plan.pixel_strides.get(name, spec.channels)
        pixels = (row % ring * spec.width + np.arange(spec.width))[:, None]
        return self.plan.offsets[name] + pixels * stride + np.arange(spec.channels)

    def write(self, name: str, row: int, columns=np.s_[:], channels=np.s_[:]) -> None:
        concat, start = self.joined.get(name, (name, 0))
        width = self.graph.tensors[name].channels
        tags = self.replay.tags(concat)[row][:, start : start + width]
        self.replay.arena[self.places(name, row)[columns, channels]] = tags[columns, channels]

    def read(self, name: str, row: int, columns=np.s_[:]) -> None:
        found, tags = self.replay.arena[self.places(name, row)[columns]], self.replay.tags(name)[row][columns]
        assert np.array_equal(found, tags), f"row {row} of {name} was overwritten"


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
    structure = Structure(RandomGraph(seed).build(6 + seed % 17))
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


def test_the_replay_notices_a_plan_one_byte_too_tight():
    graph = RandomGraph(3).build(8)
    plan = plan_memory(graph, Execution.LAYERS)
    tight = sum(_fails_when_moved(graph, plan, name) for name in plan.offsets)
    assert tight > 0


def _fails_when_moved(graph: Graph, plan, name: str) -> bool:
    offsets = {**plan.offsets, name: plan.offsets[name] - 1}
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
        plan = plan_memory(lower(module, shape))
        assert plan.lower_bound_bytes <= plan.arena_bytes <= plan.live_bound_bytes
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
