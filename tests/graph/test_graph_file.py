from dataclasses import fields

import numpy as np
import pytest
import torch
from torch import nn

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import quantize_input, simulate
from prototypenas.errors import RunDirectoryError
from prototypenas.graph.graph_file import OPERATORS, load_graph, save_graph
from prototypenas.graph.lowering import lower
from prototypenas.graph.tensors import IntegerWeights


class EveryOperator(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, stride=2, padding=1)
        self.depthwise = nn.Conv2d(6, 6, 3, padding=1, groups=6)
        self.pool, self.mean = nn.MaxPool2d(2), nn.AvgPool2d(2)
        self.inner = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.shuffle = nn.ChannelShuffle(3)
        self.spread = nn.ConvTranspose2d(12, 12, 2, stride=2)
        self.head = nn.Linear(12, 4)

    def forward(self, inputs):
        features = self.stem(inputs).relu()
        joined = torch.cat([features, nn.functional.relu6(self.depthwise(features)) + features], dim=1)
        shuffled = self.shuffle(joined).sigmoid() * joined
        first, second = shuffled.chunk(2, dim=1)
        joined = torch.cat([second, first], dim=1)
        return self.head(self.mean(self.up(self.inner(self.pool(self.spread(joined))))).mean((2, 3)))


@pytest.fixture
def graph():
    torch.manual_seed(0)
    graph = lower(EveryOperator().eval(), (3, 16, 16))
    return quantize(graph, calibrate(graph, [torch.randn(4, 3, 16, 16)]))


def assert_equal_weights(found, expected):
    assert type(found) is type(expected)
    if isinstance(expected, IntegerWeights):
        for item in fields(expected):
            left, right = getattr(found, item.name), getattr(expected, item.name)
            assert left.dtype == right.dtype and np.array_equal(left, right)


def test_a_graph_returns_whole(graph, tmp_path):
    save_graph(graph, tmp_path / "graph.npz")
    found = load_graph(tmp_path / "graph.npz")
    assert found.digest() == graph.digest()
    assert dict(found.tensors) == dict(graph.tensors)
    assert (found.input_shape, found.input, found.outputs) == (graph.input_shape, graph.input, graph.outputs)
    for left, right in zip(found.operators, graph.operators, strict=True):
        assert (left.name, left.inputs, left.output) == (right.name, right.inputs, right.output)
        assert getattr(left, "activation", None) is getattr(right, "activation", None)
        assert getattr(left, "arithmetic", None) == getattr(right, "arithmetic", None)
        assert_equal_weights(getattr(left, "weights", None), getattr(right, "weights", None))
    assert [path.name for path in tmp_path.iterdir()] == ["graph.npz"]


def test_loaded_network_computes_the_same(tmp_path):
    graph = lower(EveryOperator().eval(), (3, 16, 16))
    inputs = torch.randn(4, 3, 16, 16)
    integers = quantize(graph, calibrate(graph, [inputs]))
    save_graph(integers, tmp_path / "graph")
    found = simulate(load_graph(tmp_path / "graph"), quantize_input(integers, inputs.numpy()))
    expected = simulate(integers, quantize_input(integers, inputs.numpy()))
    assert all(np.array_equal(found[name], expected[name]) for name in expected)


def test_the_network_uses_every_operator_but_requantize():
    kinds = {type(operator).__name__ for operator in lower(EveryOperator(), (3, 16, 16)).operators}
    assert kinds >= set(OPERATORS) - {"Requantize"}


def test_missing_foreign_and_damaged_files_are_refused(graph, tmp_path):
    with pytest.raises(RunDirectoryError, match="no readable graph"):
        load_graph(tmp_path / "nothing.npz")
    (tmp_path / "foreign").write_bytes(b"not a graph")
    with pytest.raises(RunDirectoryError):
        load_graph(tmp_path / "foreign")
    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    with pytest.raises(RunDirectoryError, match="structure"):
        load_graph(tmp_path / "other.npz")
    save_graph(graph, tmp_path / "graph.npz")
    whole = (tmp_path / "graph.npz").read_bytes()
    for cut in (10, len(whole) // 3, len(whole) - 30):
        (tmp_path / "cut.npz").write_bytes(whole[:cut])
        with pytest.raises(RunDirectoryError):
            load_graph(tmp_path / "cut.npz")


def test_a_flipped_byte_never_loads_silently_wrong(graph, tmp_path):
    save_graph(graph, tmp_path / "graph.npz")
    whole = bytearray((tmp_path / "graph.npz").read_bytes())
    random = np.random.default_rng(0)
    for position in random.integers(0, len(whole), 30):
        damaged = whole.copy()
        damaged[position] ^= 0xFF
        (tmp_path / "damaged.npz").write_bytes(damaged)
        try:
            found = load_graph(tmp_path / "damaged.npz")
        except RunDirectoryError:
            continue
        assert found.digest() == graph.digest()
