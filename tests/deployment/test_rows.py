"""The C that runs row by row: equal to the simulator in both input forms, and deaf to rows that do not fit."""

import ctypes
import re
import subprocess

import numpy as np
import pytest
import torch
from torch import nn

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import simulate
from prototypenas.costing.memory_plan import plan_memory, plan_with_cuts
from prototypenas.costing.segmentation import Cut
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.toolchain import build_host, run_host
from prototypenas.graph.lowering import lower
from prototypenas.types import Execution
from tests.deployment.candidates import BOARD, check_format

OK, WRONG_SIZE, WRONG_OUTPUT, NO_BUFFER, TOO_MANY, TOO_FEW = 0, 1, 2, 3, 4, 5


class Picture(nn.Module):
    """Strides, a residual sum, a concatenation, both kinds of mean and, if asked, a map as second output."""

    def __init__(self, *, two_outputs: bool) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, stride=2, padding=1), nn.ReLU())
        self.wide = nn.Sequential(nn.Conv2d(6, 15, 1), nn.ReLU(), nn.Conv2d(15, 15, 5, padding=2, groups=15))
        self.narrow = nn.Conv2d(15, 6, 1)
        self.branches = nn.ModuleList([nn.Conv2d(6, 3, 1), nn.Conv2d(6, 4, 3, padding=1)])
        self.down = nn.Sequential(nn.MaxPool2d(3, 2, 1), nn.AvgPool2d(2))
        self.head = nn.Linear(7, 4)
        self.two_outputs = two_outputs

    def forward(self, inputs):
        first = self.stem(inputs)
        summed = self.narrow(self.wide(first)) + first
        both = torch.cat([branch(summed) for branch in self.branches], 1)
        logits = self.head(self.down(both).mean((2, 3)))
        return (logits, both) if self.two_outputs else logits


class Parts(nn.Module):
    """A channel shuffle, parts of the channels, a table and a product: all of them follow the rows."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.grouped = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.head = nn.Linear(4, 3)

    def forward(self, inputs):
        wide = nn.functional.hardswish(self.grouped(self.stem(inputs)))
        left, right = nn.functional.channel_shuffle(wide, 2).chunk(2, dim=1)
        return self.head((left * torch.sigmoid(right)).mean((2, 3)))


def series() -> nn.Module:
    layers = [nn.Conv1d(2, 5, 9, padding=4), nn.ReLU(), nn.Conv1d(5, 5, 3, stride=2, padding=1, groups=5)]
    return nn.Sequential(*layers, nn.Conv1d(5, 6, 1), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(6, 3))


def few_rows() -> nn.Module:
    """As few rows as the kernel reads: to use them up one by one takes more than the whole picture."""
    return nn.Sequential(nn.Conv2d(3, 3, 5, padding=2), nn.ReLU(), nn.Flatten(), nn.Linear(60, 4))


def short_series() -> nn.Module:
    """A kernel of nearly all time steps first, then layers that rows make much smaller."""
    layers = [nn.Conv1d(2, 6, 39, padding=19), nn.ReLU(), nn.Conv1d(6, 40, 3, padding=1)]
    layers += [nn.Conv1d(40, 40, 9, padding=4, groups=40), nn.Conv1d(40, 2, 1)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool1d(1), nn.Flatten())


class Middle(nn.Module):
    """Begins with a layer that no row can be made of."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, 4, 3)

    def forward(self, inputs):
        return self.head(inputs[:, :, 2:9, 1:]).mean((2, 3))


NETWORKS = {
    "picture": (lambda: Picture(two_outputs=False), (3, 26, 23)),
    "two outputs": (lambda: Picture(two_outputs=True), (3, 26, 23)),
    "parts": (Parts, (3, 19, 17)),
    "series": (series, (2, 61)),
    "few rows": (few_rows, (3, 4, 5)),
    "middle": (Middle, (3, 11, 7)),
    "short series": (short_series, (2, 40)),
}
FOLLOWED = ("picture", "two outputs", "parts", "series")
"""Networks whose layers can use up the rows of the input as they come."""

COLLECTED = {"few rows": "runtime_collected", "middle": "runtime_collected", "short series": "runtime_collected_rows"}
"""Networks that take less memory if the rows wait until all are there, and what their C links."""


def integer_graph(name):
    build, shape = NETWORKS[name]
    torch.manual_seed(5)
    shapes = lower(build().eval(), shape)
    return quantize(shapes, calibrate(shapes, [torch.randn(8, *shape)]))


def inputs_of(graph, count=4):
    spec = graph.tensors[graph.input]
    return np.random.default_rng(3).integers(-128, 128, (count, spec.height, spec.width, spec.channels), dtype=np.int8)


def expected_of(graph, inputs):
    found = simulate(graph, inputs)
    return np.concatenate([found[name].reshape(len(inputs), -1) for name in graph.outputs], axis=1)


def one_segment(graph, *, streamed):
    """Everything from the input to the mean row by row, the sums of the mean included."""
    return plan_with_cuts(graph, [Cut(0, len(graph.operators), by_rows=True)], streamed=streamed)


PLANS = {
    "auto": plan_memory,
    "rows": lambda graph: plan_memory(graph, Execution.ROWS),
    "one segment": lambda graph: one_segment(graph, streamed=False),
    "one segment, rows handed in": lambda graph: one_segment(graph, streamed=True),
}


@pytest.mark.parametrize(
    ("network", "plan"),
    [*((network, plan) for network in FOLLOWED for plan in PLANS), *((network, "rows") for network in COLLECTED)],
)
def test_c_equals_the_simulator(network, plan, tmp_path):
    graph = integer_graph(network)
    found, inputs = PLANS[plan](graph), inputs_of(graph)
    assert found.segments or network in COLLECTED
    write_c_project(graph, found, tmp_path, name="rows", target=BOARD, sample=inputs[0])
    flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    program = build_host(tmp_path, optimization="-O1", flags=flags)
    np.testing.assert_array_equal(run_host(program, inputs), expected_of(graph, inputs))


class Model:
    """The C of a plan whose rows are handed in, as a library."""

    def __init__(self, directory, network):
        self.graph = integer_graph(network)
        self.inputs = inputs_of(self.graph)
        self.expected = expected_of(self.graph, self.inputs)
        plan = plan_memory(self.graph, Execution.ROWS)
        write_c_project(self.graph, plan, directory, name="rows", target=BOARD, sample=self.inputs[0])
        sources = ["model.c", "weights.c", *(str(path) for path in sorted((directory / "kernels").glob("*.c")))]
        command = ["gcc", "-O1", "-shared", "-fPIC", "-Ikernels", *sources, "-o", "model.so"]
        subprocess.run(command, cwd=directory, check=True, timeout=120)
        self.library = ctypes.CDLL(str(directory / "model.so"))
        self.rows = self.inputs.reshape(len(self.inputs), -1, self.inputs.shape[2] * self.inputs.shape[3])
        if "series" in network:
            self.rows = self.inputs[:, 0]
        self.push_row = self.library.model_push_sample if "series" in network else self.library.model_push_row
        self.output = ctypes.create_string_buffer(self.expected.shape[1])

    def push(self, row, size=None):
        data = None if row is None else row.tobytes()
        return self.push_row(data, ctypes.c_size_t(self.rows.shape[2] if size is None else size))

    def finish(self, size=None):
        return self.library.model_finish(self.output, ctypes.c_size_t(size or self.expected.shape[1]))

    def result(self):
        return np.frombuffer(self.output.raw, np.int8)


@pytest.mark.parametrize("network", ["picture", "series", *COLLECTED])
def test_the_c_is_formatted(network, tmp_path):
    graph = integer_graph(network)
    plan, sample = plan_memory(graph, Execution.ROWS), inputs_of(graph)[0]
    write_c_project(graph, plan, tmp_path, name="rows", target=BOARD, sample=sample)
    check_format(tmp_path)


@pytest.mark.parametrize("network", COLLECTED)
def test_rows_are_collected_where_that_takes_less_memory(network, tmp_path):
    graph = integer_graph(network)
    whole, found = (plan_memory(graph, execution) for execution in (Execution.AUTO, Execution.ROWS))
    assert found.runtime == COLLECTED[network]
    assert found.array_bytes == whole.array_bytes
    assert found.progress_bytes - whole.progress_bytes == 4 - 4 * bool(found.segments)
    write_c_project(graph, found, tmp_path, name="rows", target=BOARD, sample=inputs_of(graph)[0])
    assert "are collected" in (tmp_path / "README.md").read_text()
    assert "never held whole" not in (tmp_path / "model.h").read_text()


@pytest.mark.parametrize("network", ["picture", "series", "few rows", "short series"])
def test_bad_rows_get_an_error_and_change_nothing(network, tmp_path):
    model = Model(tmp_path, network)
    for sample, expected in zip(model.rows, model.expected, strict=True):
        assert model.finish() == TOO_FEW
        for row in sample:
            assert model.push(row, size=len(row) - 1) == WRONG_SIZE
            assert model.push(row, size=len(row) + 1) == WRONG_SIZE
            assert model.push(None) == NO_BUFFER
            assert model.finish() == TOO_FEW
            assert model.push(row) == OK
        assert model.push(sample[0]) == TOO_MANY
        assert model.finish(size=99) == WRONG_OUTPUT
        assert model.finish() == OK
        np.testing.assert_array_equal(model.result(), expected)


def test_an_inference_can_be_given_up_and_whole_inputs_still_run(tmp_path):
    model = Model(tmp_path, "picture")
    for row in model.rows[0][:9]:
        assert model.push(row) == OK
    model.library.model_begin()
    assert model.finish() == TOO_FEW
    for row in model.rows[1]:
        assert model.push(row) == OK
    assert model.finish() == OK
    np.testing.assert_array_equal(model.result(), model.expected[1])
    assert model.push(model.rows[0][0]) == OK
    given, size = model.inputs[2].tobytes(), ctypes.c_size_t(model.inputs[2].size)
    assert model.library.model_run(given, size, model.output, ctypes.c_size_t(model.expected.shape[1])) == OK
    np.testing.assert_array_equal(model.result(), model.expected[2])


def test_header_and_readme_state_the_ram_of_both_input_forms(tmp_path):
    graph = integer_graph("picture")
    for execution in (Execution.AUTO, Execution.ROWS):
        plan = plan_memory(graph, execution)
        write_c_project(graph, plan, tmp_path, name="rows", target=BOARD, sample=inputs_of(graph)[0])
        numbers = dict(re.findall(r"#define (MODEL_\w+) (\d+)$", (tmp_path / "model.h").read_text(), re.MULTILINE))
        assert int(numbers["MODEL_ARENA_BYTES"]) + int(numbers["MODEL_PROGRESS_BYTES"]) == plan.total_bytes
        for other in Execution:
            total = f"{plan_memory(graph, other).total_bytes:,}"
            assert f"| {total} |" in (tmp_path / "README.md").read_text()
            assert f"{other.value} {total}" in (tmp_path / "model.h").read_text()
