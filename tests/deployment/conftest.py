"""Random layers of the integer stage, and a harness that runs single C kernels on them."""

import struct
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from prototypenas.costing.memory_plan import MemoryPlan
from prototypenas.deployment.c_tables import FIELD_RANGES, model_tables
from prototypenas.graph.graph import Graph
from prototypenas.graph.operator import Operator
from prototypenas.graph.operators import KERNELS as ALL_KERNELS
from prototypenas.graph.operators.add import Add
from prototypenas.graph.operators.average_pool2d import AveragePool2d
from prototypenas.graph.operators.concat import Concat
from prototypenas.graph.operators.conv2d import Conv2d
from prototypenas.graph.operators.depthwise_conv2d import DepthwiseConv2d
from prototypenas.graph.operators.fully_connected import FullyConnected
from prototypenas.graph.operators.inner_average_pool2d import InnerAveragePool2d
from prototypenas.graph.operators.max_pool2d import MaxPool2d
from prototypenas.graph.operators.requantize import Requantize
from prototypenas.graph.operators.upsample_nearest import UpsampleNearest
from prototypenas.graph.tensors import (
    Activation,
    AddArithmetic,
    IntegerWeights,
    Quantization,
    Rescale,
    TensorSpec,
    Window,
)

KERNELS = Path(__file__).parents[2] / "prototypenas" / "deployment" / "kernels"
FIELDS = [
    "input",
    "second",
    "output",
    "in_height",
    "in_width",
    "in_channels",
    "out_height",
    "out_width",
    "out_channels",
    "in_rows",
    "second_rows",
    "out_rows",
    "pixel_stride",
    "kernel_height",
    "kernel_width",
    "stride_height",
    "stride_width",
    "pad_top",
    "pad_left",
    "in_zero_point",
    "out_zero_point",
    "low",
    "kernel",
]


@dataclass(frozen=True, eq=False)
class Placed:
    """A one-operator graph, where its tensors lie, and what they hold."""

    graph: Graph
    plan: MemoryPlan
    inputs: tuple[NDArray[np.int8], ...]

    @property
    def operator(self) -> Operator:
        return self.graph.operators[0]

    def moved(self, input_offset: int, output_offset: int = 0) -> "Placed":
        """The same layer with all inputs at one place and the output at another."""
        sizes = [self.graph.tensors[name].elements for name in self.operator.inputs]
        end = max(input_offset + max(sizes), output_offset + self.graph.tensors[self.operator.output].elements)
        offsets = dict.fromkeys(self.operator.inputs, input_offset) | {self.operator.output: output_offset}
        return replace(self, plan=plan_of(self.graph, offsets, end))


def plan_of(graph: Graph, offsets: dict[str, int], end: int) -> MemoryPlan:
    scratch = max(operator.scratch_bytes(graph.tensors) for operator in graph.operators)
    return MemoryPlan(offsets, {}, {}, (), end, -(-end // 4) * 4, scratch, 0, 0)


def one_after_the_other(graph: Graph) -> MemoryPlan:
    offsets, end = {}, 0
    for name, spec in graph.tensors.items():
        offsets[name] = end
        end += spec.elements
    return plan_of(graph, offsets, end)


def random_weights(rng: np.random.Generator, shape: tuple[int, ...], channel_axis: int) -> IntegerWeights:
    weight = rng.integers(-127, 128, shape, dtype=np.int8)
    channels = shape[channel_axis]
    spread = np.sqrt(weight.size / channels) * 74 * 74
    shift = np.clip(np.rint(np.log2(spread * 2**31 / 50) + rng.uniform(-1.5, 1.5, channels)), 32, 62).astype(np.uint8)
    shift[rng.random(channels) < 0.1] = 32
    return IntegerWeights(
        weight=weight,
        weight_scale=np.ones(channels),
        bias=rng.integers(-4000, 4000, channels, dtype=np.int32),
        multiplier=rng.integers(2**30, 2**31, channels).astype(np.int32),
        shift=shift,
    )


def random_operator(rng: np.random.Generator, kind: type[Operator], spec: TensorSpec) -> tuple[Operator, TensorSpec]:
    """An operator that reads `in` (and `in2`), and the spec of its output `out`."""
    activation = Activation.RELU if rng.random() < 0.4 else Activation.NONE
    window = random_window(
        rng, spec, pooled=kind in (MaxPool2d, AveragePool2d, InnerAveragePool2d), padded=kind is not AveragePool2d
    )
    height, width = output_size(spec, window)
    channels = int(rng.integers(1, 11))
    names = {"name": "layer", "inputs": ("in",), "output": "out"}
    if kind is Conv2d:
        weights = random_weights(rng, (channels, *window.kernel, spec.channels), 0)
        conv = Conv2d(
            **names,
            window=window,
            in_channels=spec.channels,
            out_channels=channels,
            activation=activation,
            weights=weights,
        )
        return conv, TensorSpec("out", height, width, channels)
    if kind is DepthwiseConv2d:
        weights = random_weights(rng, (*window.kernel, spec.channels), 2)
        depthwise = DepthwiseConv2d(
            **names, window=window, channels=spec.channels, activation=activation, weights=weights
        )
        return depthwise, TensorSpec("out", height, width, spec.channels)
    if kind is FullyConnected:
        weights = random_weights(rng, (channels, 1, 1, spec.elements), 0)
        linear = FullyConnected(
            **names, in_features=spec.elements, out_features=channels, activation=activation, weights=weights
        )
        return linear, TensorSpec("out", 1, 1, channels)
    if kind is Add:
        shift = int(rng.integers(1, 22))
        multipliers = [int(rng.integers(0, 2**shift)) for _ in range(2)]
        offset = 2 ** (shift - 1) + int(rng.integers(-(2**shift), 2**shift))
        add = Add("layer", ("in", "in2"), "out", activation, AddArithmetic(*multipliers, offset, shift))
        return add, replace(spec, name="out")
    if kind is MaxPool2d:
        return MaxPool2d(**names, window=window), TensorSpec("out", height, width, spec.channels)
    if kind in (AveragePool2d, InnerAveragePool2d):
        rescale = random_rescale(rng, window.kernel[0] * window.kernel[1])
        pool = kind(**names, window=window, activation=activation, arithmetic=rescale)
        return pool, TensorSpec("out", height, width, spec.channels)
    if kind is UpsampleNearest:
        factor = int(rng.integers(1, 4))
        up = UpsampleNearest(**names, factor=factor)
        return up, TensorSpec("out", spec.height * factor, spec.width * factor, spec.channels)
    requantize = Requantize(**names, activation=activation, arithmetic=random_rescale(rng, 1))
    return requantize, replace(spec, name="out")


def random_rescale(rng: np.random.Generator, count: int) -> Rescale:
    shift = int(rng.integers(31, 62))
    multiplier = int(min(2**31 - 1, 2**shift / count * rng.uniform(0.3, 1.5)))
    return Rescale(multiplier, 2 ** (shift - 1) + int(rng.integers(-20, 20)) * count * multiplier, shift)


def random_window(rng: np.random.Generator, spec: TensorSpec, *, pooled: bool, padded: bool) -> Window:
    if rng.random() < 0.2 and not pooled:
        return Window((1, 1), (1, 1), (0, 0, 0, 0))
    if pooled and rng.random() < 0.3:
        return Window((spec.height, spec.width), (1, 1), (0, 0, 0, 0))
    kernel = tuple(int(rng.integers(1, 6)) for _ in range(2))
    if pooled:
        kernel = (min(kernel[0], spec.height), min(kernel[1], spec.width))
    most = [size // 2 if pooled else size - 1 for size in kernel]
    padding = [int(rng.integers(0, most[side % 2] + 1)) if padded else 0 for side in range(4)]
    for side, size in enumerate((spec.height, spec.width)):
        padding[side + 2] += max(0, kernel[side] - size - padding[side] - padding[side + 2])
    stride = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    return Window(kernel, stride, tuple(padding))


def output_size(spec: TensorSpec, window: Window) -> tuple[int, int]:
    height = (spec.height + window.padding[0] + window.padding[2] - window.kernel[0]) // window.stride[0] + 1
    width = (spec.width + window.padding[1] + window.padding[3] - window.kernel[1]) // window.stride[1] + 1
    return height, width


def random_layer(rng: np.random.Generator, kind: type[Operator], shape: tuple[int, int, int] | None = None) -> Placed:
    """A random layer with its tensors one after the other."""
    shape = shape or (int(rng.integers(1, 8)), int(rng.integers(1, 8)), int(rng.integers(1, 14)))
    zero_points = rng.integers(-128, 128, 2).tolist()
    source = TensorSpec("in", *shape, quantization=Quantization(0.1, zero_points[0]))
    if kind is Concat:
        other = replace(source, name="in2", channels=int(rng.integers(1, 9)))
        total = replace(source, name="out", channels=source.channels + other.channels)
        operator, target, sources = Concat("layer", ("in", "in2"), "out"), total, [source, other]
    else:
        operator, target = random_operator(rng, kind, source)
        sources = [replace(source, name=name) for name in operator.inputs]
        target = replace(target, quantization=Quantization(0.1, zero_points[1]))
    tensors = {spec.name: spec for spec in (*sources, target)}
    graph = Graph((shape[2], *shape[:2]), tensors, (operator,), "in", ("out",))
    inputs = [rng.integers(-128, 128, (spec.height, spec.width, spec.channels), dtype=np.int8) for spec in sources]
    return Placed(graph, one_after_the_other(graph), tuple(inputs))


class Harness:
    """The compiled kernels; `run` gives each layer's output."""

    def __init__(self, program: Path) -> None:
        self.program = program

    def run(self, layers: Sequence[Placed]) -> list[NDArray[np.int8]]:
        stdin = b"".join(self._case(layer) for layer in layers)
        done = subprocess.run([self.program], input=stdin, capture_output=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        outputs, at = [], 0
        for layer in layers:
            target = layer.graph.tensors[layer.operator.output]
            start = at + layer.plan.offsets[target.name]
            stride = layer.plan.pixel_strides.get(target.name, target.channels)
            pixels = target.height * target.width
            raw = np.frombuffer(done.stdout, np.int8, (pixels - 1) * stride + target.channels, start)
            rows = np.lib.stride_tricks.as_strided(raw, (pixels, target.channels), (stride, 1), writeable=False)
            outputs.append(rows.reshape(target.height, target.width, target.channels).copy())
            at += layer.plan.total_bytes
        assert at == len(done.stdout)
        return outputs

    def _case(self, layer: Placed) -> bytes:
        tables = model_tables(layer.graph, layer.plan)
        (entry,) = tables.layers
        whole = struct.pack("<3I", 0, layer.graph.tensors[layer.operator.output].height, 0)
        return self.header(layer, dict(entry.fields), ALL_KERNELS.index(entry.kernel), 1) + whole

    @staticmethod
    def header(layer: Placed, fields: dict[str, int], kernel: int, calls: int) -> bytes:
        """What precedes the calls of a case: sizes, descriptor, constants, arena with the inputs in place."""
        tables = model_tables(layer.graph, layer.plan)
        (entry,) = tables.layers
        arena = np.random.default_rng(0).integers(-128, 128, layer.plan.total_bytes, dtype=np.int8)
        for name, values in zip(layer.operator.inputs, layer.inputs, strict=True):
            arena[layer.plan.offsets[name] :][: values.size] = values.reshape(-1)
        sizes = (tables.weights.size, tables.biases.size, arena.size, layer.plan.scratch_offset)
        header = struct.pack("<6I", kernel, *sizes, calls)
        arrays = (tables.weights, tables.biases, tables.multipliers, tables.shifts, arena)
        return header + packed(entry.arithmetic, fields) + b"".join(array.tobytes() for array in arrays)


def packed(arithmetic: tuple[str, tuple[int, ...]] | None, fields: dict[str, int]) -> bytes:
    """A descriptor as the C compiler lays it out."""
    values = arithmetic[1] if arithmetic else ()
    if arithmetic and arithmetic[0] == "dense":
        weights, channels, down, right, groups = values
        values = (weights, channels, down | right << 16, groups)
    union = b"".join(struct.pack("<I", value & 0xFFFFFFFF) for value in values).ljust(16, b"\0")
    codes = {(0, 2**32 - 1): "I", (0, 255): "B", (-128, 127): "b"}
    layout = "<" + "".join(codes.get(FIELD_RANGES.get(name, (0, 0)), "H") for name in FIELDS)
    return (union + struct.pack(layout, *(fields.get(name, 0) for name in FIELDS))).ljust(60, b"\0")


@pytest.fixture(scope="session")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Harness:
    """Kernels compiled with the sanitizers on, as with the DSP extension; other projects here are without it."""
    program = tmp_path_factory.mktemp("kernels") / "harness"
    flags = ["-std=c99", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    flags.append("-DNN_PAIRS=1")
    flags.append(f"-DNN_KERNELS={','.join(ALL_KERNELS)}")
    sources = [Path(__file__).parent / "kernel_harness.c", *sorted(KERNELS.glob("*.c"))]
    subprocess.run(["gcc", *flags, "-I", KERNELS, *sources, "-o", program], check=True, timeout=120)
    return Harness(program)


@pytest.fixture(scope="session")
def make_layer() -> Callable[..., Placed]:
    """`make_layer(rng, kind, shape=None)`: a random layer of the integer stage."""
    return random_layer
