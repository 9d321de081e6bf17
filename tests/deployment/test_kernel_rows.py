"""Kernels fed row by row through rings as small as can be give what they give over whole maps."""

import struct
import subprocess

import numpy as np
import pytest

from prototypenas.deployment.c_tables import model_tables
from prototypenas.graph.operators import KERNELS
from prototypenas.graph.operators.add import Add
from prototypenas.graph.operators.average_pool2d import AveragePool2d
from prototypenas.graph.operators.conv2d import Conv2d
from prototypenas.graph.operators.depthwise_conv2d import DepthwiseConv2d
from prototypenas.graph.operators.inner_average_pool2d import InnerAveragePool2d
from prototypenas.graph.operators.max_pool2d import MaxPool2d
from prototypenas.graph.operators.requantize import Requantize
from prototypenas.graph.operators.upsample_nearest import UpsampleNearest
from prototypenas.graph.tensors import Window

KINDS = (Conv2d, DepthwiseConv2d, Add, AveragePool2d, InnerAveragePool2d, MaxPool2d, Requantize, UpsampleNearest)
POISON = 77


class Rings:
    """One layer whose input and output maps lie in rings that hold no row more than a call needs."""

    def __init__(self, layer, rows_at_once: int, spare: int) -> None:
        self.layer, self.rows_at_once = layer, rows_at_once
        self.source, self.target = layer.graph.tensors["in"], layer.graph.tensors["out"]
        spans = [self.rows_read(call)[1] - self.rows_read(call)[0] for call in self.calls()]
        self.in_rows = min(self.source.height, max(1, *spans, 1) + spare)
        self.out_rows = min(self.target.height, rows_at_once + spare)
        self.row_bytes = self.source.width * self.source.channels

    def calls(self) -> list[tuple[int, int]]:
        height, step = self.target.height, self.rows_at_once
        return [(first, min(step, height - first)) for first in range(0, height, step)]

    def rows_read(self, call: tuple[int, int]) -> tuple[int, int]:
        """First input row a call reads, and the one behind the last."""
        first, last = call[0], call[0] + call[1] - 1
        operator, height = self.layer.operator, self.source.height
        if isinstance(operator, UpsampleNearest):
            return first // operator.factor, last // operator.factor + 1
        window = getattr(operator, "window", Window((1, 1), (1, 1), (0, 0, 0, 0)))
        stride = window.stride[0] if self.target.height > 1 else 1
        top, bottom = first * stride - window.padding[0], last * stride - window.padding[0] + window.kernel[0]
        return min(max(0, top), height), min(max(0, bottom), height)

    def case(self, header) -> bytes:
        tables = model_tables(self.layer.graph, self.layer.plan)
        (entry,) = tables.layers
        rings = {"in_rows": self.in_rows, "second_rows": self.in_rows, "out_rows": self.out_rows}
        calls = self.calls()
        parts = [header(self.layer, dict(entry.fields) | rings, KERNELS.index(entry.kernel), len(calls))]
        came = 0
        for call in calls:
            end = max(came, self.rows_read(call)[1])
            copies = self.poison() if came == 0 else []
            copies += [self.copied(name, row) for name in self.layer.operator.inputs for row in range(came, end)]
            parts += [struct.pack("<3I", *call, len(copies)), *copies]
            came = end
        return b"".join(parts)

    def poison(self) -> list[bytes]:
        """Overwrite the whole inputs, so that nothing but the rows in the ring can be read."""
        offsets, size = self.layer.plan.offsets, self.source.elements
        names = self.layer.operator.inputs
        return [struct.pack("<2I", offsets[name], size) + bytes([POISON]) * size for name in names]

    def copied(self, name: str, row: int) -> bytes:
        values = self.layer.inputs[self.layer.operator.inputs.index(name)][row]
        offset = self.layer.plan.offsets[name] + row % self.in_rows * self.row_bytes
        return struct.pack("<2I", offset, values.size) + values.tobytes()

    def output(self, arenas: np.ndarray) -> np.ndarray:
        """Collect the rows each call left in the output's ring."""
        row_bytes = self.target.width * self.target.channels
        rows = []
        for arena, (first, count) in zip(arenas, self.calls(), strict=True):
            for row in range(first, first + count):
                start = self.layer.plan.offsets["out"] + row % self.out_rows * row_bytes
                rows.append(arena[start : start + row_bytes])
        return np.concatenate(rows).reshape(self.target.height, self.target.width, self.target.channels)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_rows_through_rings_equal_whole_maps(kind, harness, make_layer):
    rng = np.random.default_rng(19)
    layers = [make_layer(rng, kind) for _ in range(60)]
    rings = [Rings(layer, int(rng.integers(1, 4)), int(rng.integers(0, 2))) for layer in layers]
    stdin = b"".join(ring.case(harness.header) for ring in rings)
    done = subprocess.run([harness.program], input=stdin, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    at = 0
    for ring, expected in zip(rings, harness.run(layers), strict=True):
        size = len(ring.calls()) * ring.layer.plan.total_bytes
        arenas = np.frombuffer(done.stdout, np.int8, size, at).reshape(len(ring.calls()), -1)
        np.testing.assert_array_equal(ring.output(arenas), expected, err_msg=str(ring.layer.operator))
        at += size
    assert sum(ring.in_rows < ring.source.height for ring in rings) > 10
