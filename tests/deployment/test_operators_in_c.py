"""Every operator from PyTorch to C: the float graph equals the module, the C equals the simulator in every byte."""

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.float_execution import float_outputs
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import dequantize_output, quantize_input, simulate
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.onnx_writer import onnx_model
from prototypenas.deployment.toolchain import build_host, run_host
from prototypenas.errors import LoweringError
from prototypenas.graph.graph_file import load_graph, save_graph
from prototypenas.graph.lowering import lower
from prototypenas.graph.operators import OPERATORS
from prototypenas.types import Budget, Target

TARGET = Target("board", "a test", "cortex-m7", 600_000_000, None, None, Budget())


class Curves(nn.Module):
    """Functions of single values, and a gate for each channel."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 6, 1)
        self.slope = nn.PReLU()

    def forward(self, inputs):
        inputs = (inputs - torch.tensor([0.1, 0.2, 0.3]).view(1, 3, 1, 1)) / 0.5
        first = F.elu(F.hardswish(self.first(inputs)))
        gate = F.hardsigmoid(self.second(first.mean((2, 3), keepdim=True)))
        gated = self.slope(F.silu(first * gate)) * torch.sigmoid(first)
        return F.leaky_relu(torch.tanh(gated), 0.2).mean((2, 3)).softmax(1)


class Groups(nn.Module):
    """Grouped, dilated and multiplying convolutions, a channel shuffle written out, parts of the channels."""

    def __init__(self):
        super().__init__()
        self.grouped = nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2)
        self.dilated = nn.Conv2d(6, 6, 3, padding=(4, 2), dilation=(4, 2))
        self.filtered = nn.Conv2d(6, 6, 3, padding=2, dilation=2, groups=6)
        self.multiplied = nn.Conv2d(3, 9, 3, groups=3, dilation=(1, 2))
        self.average = nn.AvgPool2d(3, stride=1, padding=1)

    def forward(self, inputs):
        grouped = self.dilated(self.grouped(inputs)).relu() + self.filtered(self.grouped(inputs))
        _, channels, height, width = grouped.shape
        shuffled = grouped.view(-1, 3, channels // 3, height, width)
        shuffled = shuffled.transpose(1, 2).contiguous().view(-1, channels, height, width)
        left, right = self.average(shuffled).chunk(2, dim=1)
        return self.multiplied(left[:, :, 1:, :-1]).mean((2, 3)), right


class Series(nn.Module):
    """Causal dilated convolutions, read at the last time step."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv1d(3, 5, 3, dilation=2), nn.Conv1d(5, 5, 3, padding=8, dilation=4)
        self.head = nn.Linear(5, 3)

    def forward(self, inputs):
        first = self.first(F.pad(inputs, (4, 0))).relu()
        return self.head((self.second(first)[:, :, :-8] + first).relu()[:, :, -1])


class Vector(nn.Module):
    """A network without places."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 4))

    def forward(self, inputs):
        return self.layers(inputs)


class Edges(nn.Module):
    """Means that leave the padding out, rounded up too, and what is left where a map is multiplied by 0."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 5, 3, padding=1), nn.Conv2d(5, 5, 3, padding=1)
        self.inner = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
        self.halved = nn.AvgPool2d((2, 3), stride=2, ceil_mode=True)

    def forward(self, inputs):
        first = self.first(inputs)
        nothing = self.inner(first) * 0.0
        mean = self.inner(first) + nothing.relu()
        return self.halved(mean + self.second(nothing)), mean


class Decoder(nn.Module):
    """Transposed convolutions of every kind of stride and margin, slopes for each channel, a pixel shuffle."""

    def __init__(self):
        super().__init__()
        self.first = nn.ConvTranspose2d(3, 5, (3, 4), stride=2, padding=1, output_padding=(1, 0))
        self.norm, self.slopes = nn.BatchNorm2d(5), nn.PReLU(5)
        self.second = nn.ConvTranspose2d(5, 4, 3, stride=(3, 2), padding=(0, 1), bias=False)
        self.third = nn.ConvTranspose2d(4, 8, 2, stride=(1, 3), padding=(1, 0))
        nn.init.uniform_(self.slopes.weight, -0.5, 0.5)
        nn.init.uniform_(self.norm.running_mean)
        nn.init.uniform_(self.norm.weight, 0.5, 1.5)

    def forward(self, inputs):
        first = self.slopes(self.norm(self.first(inputs)))
        return F.pixel_shuffle(self.third(self.second(first).relu()), 2)


class Wave(nn.Module):
    """Transposed convolutions of a series."""

    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.ConvTranspose1d(3, 4, 4, stride=2, padding=1), nn.BatchNorm1d(4)
        self.second = nn.ConvTranspose1d(4, 2, 5, stride=3, padding=2)
        nn.init.uniform_(self.norm.running_mean)

    def forward(self, inputs):
        return self.second(self.norm(self.first(inputs)).relu())


CASES = {
    "edges": (Edges, (3, 7, 9)),
    "curves": (Curves, (3, 7, 6)),
    "groups": (Groups, (4, 13, 11)),
    "series": (Series, (3, 20)),
    "vector": (Vector, (12,)),
    "decoder": (Decoder, (3, 5, 6)),
    "wave": (Wave, (3, 7)),
}


@pytest.fixture(scope="module", params=CASES)
def case(request):
    """Module, inputs `(N, *shape)`, float graph and integer graph."""
    build, shape = CASES[request.param]
    torch.manual_seed(1)
    module, inputs = build().eval(), torch.randn(12, *shape)
    graph = lower(module, shape)
    return module, inputs, graph, quantize(graph, calibrate(graph, [inputs]))


def test_the_float_graph_equals_the_module(case):
    module, inputs, graph, _ = case
    with torch.no_grad():
        expected = module(inputs)
    expected = expected if isinstance(expected, tuple) else (expected,)
    for found, wanted in zip(float_outputs(graph, inputs), expected, strict=True):
        values = found.softmax(1) if graph.notes else found
        torch.testing.assert_close(values.reshape(wanted.shape), wanted, atol=1e-5, rtol=1e-4)


def test_the_c_equals_the_simulator(case, tmp_path):
    _, inputs, _, graph = case
    save_graph(graph, tmp_path / "graph.npz")
    graph = load_graph(tmp_path / "graph.npz")
    given = quantize_input(graph, inputs.numpy())
    simulated = simulate(graph, given)
    expected = np.concatenate([simulated[name].reshape(len(given), -1) for name in graph.outputs], axis=1)
    write_c_project(graph, plan_memory(graph), tmp_path, name="net", target=TARGET, sample=given[0])
    flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    found = run_host(build_host(tmp_path, optimization="-O1", flags=flags), given)
    np.testing.assert_array_equal(found, expected)


def test_onnx_gives_nearly_the_same(case):
    _, inputs, _, graph = case
    options = onnxruntime.SessionOptions()
    # Optimised, it multiplies int8 with saturating int16 sums on processors without VNNI.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    model = onnx_model(graph).SerializeToString()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {"input": inputs.numpy()})
    expected = dequantize_output(graph, simulate(graph, quantize_input(graph, inputs.numpy())))
    for name, found, wanted in zip(graph.outputs, outputs, expected, strict=True):
        scale = graph.tensors[name].known_quantization.scale
        assert np.abs(found.reshape(wanted.shape) - wanted).max() <= 2.01 * scale


def test_every_operator_is_met_here_or_by_the_kernels():
    """A new operator that no case uses is not proven: this test names it."""
    met = {
        type(operator).__name__
        for build, shape in CASES.values()
        for operator in lower(build().eval(), shape).operators
    }
    by_kernels = {"Concat", "MaxPool2d", "Requantize", "UpsampleNearest"}
    assert set(OPERATORS) == met | by_kernels


def test_a_softmax_in_the_middle_is_refused():
    class Attention(nn.Module):
        def forward(self, inputs):
            return inputs * inputs.softmax(1)

    with pytest.raises(LoweringError, match="softmax"):
        lower(Attention(), (3, 4, 4))
