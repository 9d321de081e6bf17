"""Small networks that between them use every operator, and their data."""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from torch import Tensor, nn

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
from prototypenas.graph.operators.upsample_nearest import UpsampleNearest
from prototypenas.graph.tensors import Activation, FloatWeights, TensorSpec, Window

POINT = Window((1, 1), (1, 1), (0, 0, 0, 0))


@dataclass
class GraphBuilder:
    """Appends operators one after the other; each gives its output's name, which is the operator's too."""

    input_shape: tuple[int, ...]
    seed: int
    tensors: dict = field(default_factory=dict)
    operators: list = field(default_factory=list)

    def __post_init__(self):
        self.random = np.random.default_rng(self.seed)
        channels, *size = self.input_shape
        height, width = (1, size[0]) if len(size) == 1 else size
        self.tensors["x"] = TensorSpec("x", height, width, channels)

    def _append(self, kind, name, inputs, shape, **fields):
        self.tensors[name] = TensorSpec(name, *shape)
        self.operators.append(kind(name=name, inputs=tuple(inputs), output=name, **fields))
        return name

    def _slid(self, source, window):
        spec = self.tensors[source]
        top, left, bottom, right = window.padding
        return (
            (spec.height + top + bottom - window.kernel[0]) // window.stride[0] + 1,
            (spec.width + left + right - window.kernel[1]) // window.stride[1] + 1,
        )

    def _weights(self, shape, fan_in, out):
        weight = self.random.normal(size=shape) / np.sqrt(fan_in)
        return FloatWeights(weight.astype(np.float32), self.random.normal(size=out).astype(np.float32) * 0.3)

    def conv(self, name, source, out, window=POINT, activation=Activation.NONE):
        channels = self.tensors[source].channels
        weights = self._weights((out, *window.kernel, channels), channels * np.prod(window.kernel), out)
        sizes = {"in_channels": channels, "out_channels": out}
        shape = (*self._slid(source, window), out)
        return self._append(
            Conv2d, name, [source], shape, window=window, activation=activation, weights=weights, **sizes
        )

    def depthwise(self, name, source, window, activation=Activation.NONE):
        channels = self.tensors[source].channels
        weights = self._weights((*window.kernel, channels), np.prod(window.kernel), channels)
        fields = {"window": window, "channels": channels, "activation": activation, "weights": weights}
        return self._append(DepthwiseConv2d, name, [source], (*self._slid(source, window), channels), **fields)

    def linear(self, name, source, out, activation=Activation.NONE):
        size = self.tensors[source].elements
        fields = {"in_features": size, "out_features": out, "weights": self._weights((out, 1, 1, size), size, out)}
        return self._append(FullyConnected, name, [source], (1, 1, out), activation=activation, **fields)

    def add(self, name, left, right, activation=Activation.NONE):
        return self._append(Add, name, [left, right], self._shape(left), activation=activation)

    def requantize(self, name, source, activation=Activation.NONE):
        return self._append(Requantize, name, [source], self._shape(source), activation=activation)

    def pool(self, kind, name, source, window):
        shape = (*self._slid(source, window), self.tensors[source].channels)
        return self._append(kind, name, [source], shape, window=window)

    def concat(self, name, *sources):
        height, width, _ = self._shape(sources[0])
        channels = sum(self.tensors[source].channels for source in sources)
        return self._append(Concat, name, sources, (height, width, channels))

    def upsample(self, name, source, factor):
        height, width, channels = self._shape(source)
        return self._append(UpsampleNearest, name, [source], (height * factor, width * factor, channels), factor=factor)

    def _shape(self, name):
        spec = self.tensors[name]
        return spec.height, spec.width, spec.channels

    def graph(self, *outputs):
        return Graph(self.input_shape, self.tensors, tuple(self.operators), "x", outputs)


def image_graph(seed: int) -> Graph:
    """Every operator on odd sizes and channels, with unequal strides and paddings."""
    build = GraphBuilder((3, 9, 7), seed)
    stem = build.conv("stem", "x", 5, Window((3, 2), (2, 1), (1, 0, 0, 1)), Activation.RELU)
    filtered = build.depthwise("filtered", stem, Window((3, 3), (1, 1), (1, 1, 1, 1)), Activation.RELU6)
    mixed = build.conv("mixed", filtered, 5)
    total = build.add("total", stem, mixed, Activation.RELU)
    pooled = build.pool(MaxPool2d, "pooled", total, Window((3, 3), (2, 2), (1, 1, 1, 1)))
    branch = build.conv("branch", pooled, 3)
    joined = build.concat("joined", pooled, branch)
    larger = build.upsample("larger", joined, 2)
    rectified = build.requantize("rectified", larger, Activation.RELU)
    strided = build.depthwise("strided", rectified, Window((2, 5), (3, 2), (0, 2, 1, 2)))
    mean = build.pool(AveragePool2d, "mean", rectified, Window((2, 3), (2, 2), (0, 0, 0, 0)))
    first = build.linear("first", mean, 6, Activation.RELU)
    other = build.linear("other", strided, 6)
    return build.graph(build.add("logits", first, other))


def series_graph(seed: int) -> Graph:
    """A series of height 1 with a long and an even kernel and a global mean."""
    build = GraphBuilder((4, 21), seed)
    long = build.conv("long", "x", 3, Window((1, 9), (1, 2), (0, 4, 0, 4)), Activation.RELU)
    even = build.depthwise("even", long, Window((1, 4), (1, 1), (0, 1, 0, 2)), Activation.RELU6)
    pooled = build.pool(MaxPool2d, "pooled", long, Window((1, 3), (1, 1), (0, 1, 0, 1)))
    joined = build.concat("joined", even, pooled, build.conv("same", long, 2))
    mean = build.pool(AveragePool2d, "mean", joined, Window((1, 11), (1, 1), (0, 0, 0, 0)))
    return build.graph(build.linear("logits", mean, 5))


GRAPHS = {"image": image_graph, "series": series_graph}


@pytest.fixture(params=sorted(GRAPHS))
def float_graph(request) -> Graph:
    return GRAPHS[request.param](seed=0)


@pytest.fixture
def image_graphs():
    return image_graph


@pytest.fixture
def builder():
    return GraphBuilder


@pytest.fixture
def data():
    """Return batches `(count, *input_shape)` for a graph."""

    def draw(graph: Graph, count: int = 16, seed: int = 0) -> Tensor:
        return torch.randn(count, *graph.input_shape, generator=torch.Generator().manual_seed(seed))

    return draw


class _ConcatenatedNorm(nn.Module):
    """Normalisation behind a concatenation, as in InceptionTime."""

    def __init__(self, series: bool) -> None:
        super().__init__()
        conv, norm = (nn.Conv1d, nn.BatchNorm1d) if series else (nn.Conv2d, nn.BatchNorm2d)
        self.short, self.long = conv(3, 5, 1, bias=False), conv(3, 4, 5, padding=2, bias=False)
        self.norm = norm(9)
        self.mix = conv(9, 9, 3, padding=1)
        pool = nn.AdaptiveAvgPool1d(1) if series else nn.AdaptiveAvgPool2d(1)
        self.head = nn.Sequential(pool, nn.Flatten(), nn.Linear(9, 4))

    def forward(self, inputs: Tensor) -> Tensor:
        joined = self.norm(torch.cat([self.short(inputs), self.long(inputs)], dim=1)).relu()
        return self.head((self.mix(joined) + joined).relu())


@pytest.fixture(params=["image", "series"])
def trained_module(request):
    """Return a module in evaluation whose statistics have seen data, and its input shape."""
    torch.manual_seed(0)
    shape = (3, 24) if request.param == "series" else (3, 12, 10)
    module = _ConcatenatedNorm(request.param == "series").train()
    with torch.no_grad():
        for _ in range(20):
            module(torch.randn(16, *shape))
    return module.eval(), shape


@pytest.fixture
def lowered(trained_module):
    module, shape = trained_module
    return module, lower(module, shape)
