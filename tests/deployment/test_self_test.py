"""`model_self_test()`: passes on a sound build, and names what is damaged on another."""

import ctypes
import subprocess
import zlib

import numpy as np
import pytest

from prototypenas.costing.memory_plan import plan_memory
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.self_test import FIRST_STATE, made_up
from prototypenas.types import Execution
from tests.deployment.candidates import BOARD
from tests.deployment.test_rows import inputs_of, integer_graph

OK, DAMAGED, WRONG_ANSWER = 0, 9, 10


def self_test(directory):
    sources = ["model.c", "model_test.c", "weights.c", *map(str, sorted((directory / "kernels").glob("*.c")))]
    command = ["gcc", "-shared", "-fPIC", "-Ikernels", *sources, "-o", "model.so"]
    subprocess.run(command, cwd=directory, check=True, timeout=120)
    library = directory / f"model{len(list(directory.glob('*.so')))}.so"
    (directory / "model.so").rename(library)
    return ctypes.CDLL(str(library)).model_self_test()


@pytest.mark.parametrize(
    ("network", "execution"),
    [("two outputs", Execution.AUTO), ("picture", Execution.ROWS), ("series", Execution.ROWS)],
)
def test_a_board_is_proven_and_damage_is_named(network, execution, tmp_path):
    graph = integer_graph(network)
    plan = plan_memory(graph, execution)
    write_c_project(graph, plan, tmp_path, name="net", target=BOARD, sample=inputs_of(graph)[0])
    assert self_test(tmp_path) == OK
    weights = (tmp_path / "weights.c").read_text()
    place = weights.index("{", weights.index("model_weights")) + 1
    number = weights[place:].split(",", 1)[0].strip()
    (tmp_path / "weights.c").write_text(weights[:place] + weights[place:].replace(number, str(int(number) ^ 1), 1))
    assert self_test(tmp_path) == DAMAGED
    (tmp_path / "weights.c").write_text(weights)
    model = (tmp_path / "kernels" / "nn_arithmetic.h").read_text()
    broken = model.replace("value >>= 1;", "value = (value >> 1) + 1;")
    assert broken != model
    (tmp_path / "kernels" / "nn_arithmetic.h").write_text(broken)
    assert self_test(tmp_path) == WRONG_ANSWER


def test_the_made_up_input_is_the_generators():
    state, expected = FIRST_STATE, []
    for _ in range(1000):
        state = (state * 1_664_525 + 1_013_904_223) % 2**32
        expected.append(state >> 24)
    np.testing.assert_array_equal(made_up(1000).view(np.uint8), expected)
    assert len(set(expected)) > 240
    assert zlib.crc32(b"123456789") == 0xCBF43926  # the CRC-32 that the C's polynomial is of
