"""Random graphs, and replays of memory plans: every byte is tagged, and each reader checks what it reads."""

from random import Random

import numpy as np

from prototypenas.costing.row_schedule import TAKE_ROW
from prototypenas.graph.graph import Graph
from prototypenas.graph.operators.add import Add
from prototypenas.graph.operators.average_pool2d import AveragePool2d
from prototypenas.graph.operators.concat import Concat
from prototypenas.graph.operators.conv2d import Conv2d
from prototypenas.graph.operators.depthwise_conv2d import DepthwiseConv2d
from prototypenas.graph.operators.fully_connected import FullyConnected
from prototypenas.graph.operators.max_pool2d import MaxPool2d
from prototypenas.graph.operators.requantize import Requantize
from prototypenas.graph.tensors import TensorSpec, Window


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
        if not self.plan.streamed_input or self.plan.collects_input:
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
                self.slide(operator, by_channel=False)
            case _:
                self.slide(operator, by_channel=True)

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

    def slide(self, operator, *, by_channel: bool) -> None:
        """Pixels in order, each whole, or channel by channel while its later channels are still to be read."""
        spec = self.graph.tensors[operator.output]
        channels = [np.s_[c : c + 1] for c in range(spec.channels)] if by_channel else [np.s_[:]]
        for row, column in np.ndindex(spec.height, spec.width):
            for channel in channels:
                self.read(operator.inputs[0], (*self.seen(operator.window, row, column), channel))
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
