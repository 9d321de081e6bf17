"""One arithmetic: each layer of the C, in memory shared by overlap, gives what the simulator gives."""

import ctypes
import subprocess

import numpy as np
import pytest

from prototypenas.compression.simulator import simulate
from prototypenas.costing.kernel_properties import descriptor_count
from prototypenas.types import Execution
from tests.deployment.candidates import POOLS, random_candidate

SEEDS = {"image": range(6), "time series": range(2), "detection": range(2)}


class Model:
    """A candidate's C as a library, its arena open to reading."""

    def __init__(self, candidate, directory):
        library = directory / "model.so"
        kernels = sorted(str(path) for path in (directory / "kernels").glob("*.c"))
        command = ["gcc", "-O1", "-shared", "-fPIC", "-Ikernels", "model.c", "weights.c", *kernels, "-o", library]
        subprocess.run(command, cwd=directory, check=True, timeout=120)
        self.functions = ctypes.CDLL(str(library))
        self.functions.model_input.restype = ctypes.c_void_p
        self.input_offset = candidate.plan.offsets[candidate.graph.input]
        address = self.functions.model_input() - self.input_offset
        size = candidate.plan.total_bytes
        self.arena = np.ctypeslib.as_array((ctypes.c_int8 * size).from_address(address))

    def run(self, layer):
        self.functions.model_run_layer(ctypes.c_uint32(layer))


def in_arena(candidate, arena, tensor):
    """A tensor's bytes as the plan says they lie."""
    spec = candidate.graph.tensors[tensor]
    stride = candidate.plan.pixel_strides.get(tensor, spec.channels)
    start = arena[candidate.plan.offsets[tensor] :]
    shape, strides = (spec.height, spec.width, spec.channels), (spec.width * stride, stride, 1)
    return np.lib.stride_tricks.as_strided(start, shape, strides, writeable=False)


@pytest.mark.parametrize(("pool", "seed"), [(pool, seed) for pool in POOLS for seed in SEEDS[pool]])
def test_every_layer_equals_the_simulator(pool, seed, tmp_path):
    candidate = random_candidate(pool, seed, samples=2, weight_limit=100_000).run_as(Execution.LAYERS)
    model = Model(candidate, candidate.write(tmp_path))
    expected = simulate(candidate.graph, candidate.inputs, every_layer=True)
    for sample in range(2):
        model.arena[:] = 85
        model.arena[model.input_offset :][: candidate.inputs[sample].size] = candidate.inputs[sample].reshape(-1)
        layer = 0
        for operator in candidate.graph.operators:
            for _ in range(descriptor_count(operator, candidate.graph.tensors, candidate.plan.written_in_place)):
                model.run(layer)
                layer += 1
            found = in_arena(candidate, model.arena, operator.output)
            np.testing.assert_array_equal(found, expected[operator.output][sample], operator.name)
    assert candidate.plan.overlaps
