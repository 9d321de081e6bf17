"""The shipped table of code sizes against a fresh measurement, and the stack bound against small call graphs."""

import shutil
import subprocess

import pytest

from benchmarks.code_sizes import write_every_runtime
from prototypenas.costing.code_measurement import LIBRARY_STACK, deepest_stack, measure_code
from prototypenas.costing.kernel_properties import LAYER_RUNTIMES, ROWS_ROOM, STACK_ROOM, code_bytes, stack_bytes
from prototypenas.errors import ConfigurationError
from prototypenas.graph.operators import KERNELS

ROOM = {"cortex-m7", "cortex-m4", "cortex-m33"}


def node(name, size):
    return f'node: {{ title: "{name}" label: "{name}\\nfile.c:1:2\\n{size} bytes (static)\\n0 dynamic objects" }}\n'


def edge(source, target):
    return f'edge: {{ sourcename: "{source}" targetname: "{target}" label: "file.c:3:4" }}\n'


def test_deepest_stack_follows_the_longest_path_and_pointers():
    graph = node("run", 16) + edge("run", "__indirect_call") + edge("run", "helper") + node("helper", 40)
    graph += node("nn_add", 8) + node("nn_copy", 24) + edge("nn_copy", "memcpy")
    assert deepest_stack(graph, "run") == 16 + 24 + LIBRARY_STACK


def test_all_kernels_together_stay_within_ten_kilobytes():
    for core in ROOM:
        assert code_bytes(KERNELS, core) <= 9800


def test_unused_kernels_cost_nothing_and_shared_code_counts_once():
    both = code_bytes({"nn_convolution", "nn_pointwise"}, "cortex-m7")
    alone = [code_bytes({kernel}, "cortex-m7") for kernel in ("nn_convolution", "nn_pointwise")]
    assert both < sum(alone)
    assert code_bytes({"nn_add"}, "cortex-m7") < min(alone)


def test_what_was_not_measured_is_refused():
    with pytest.raises(ConfigurationError, match="cortex-m99"):
        code_bytes({"nn_add"}, "cortex-m99")
    with pytest.raises(ConfigurationError, match="-O9"):
        stack_bytes("cortex-m7", optimization="O9")


@pytest.mark.emulator
@pytest.mark.parametrize("core", ["cortex-m7", "cortex-m0plus"])
def test_table_is_what_this_compiler_gives(core, tmp_path):
    if shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("gcc-arm-none-eabi is not installed")
    version = subprocess.run(["arm-none-eabi-gcc", "-dumpversion"], capture_output=True, text=True, check=True).stdout
    if not version.startswith("12.2"):
        pytest.skip(f"the table was measured with gcc 12.2, this is {version.strip()}")
    measured = measure_code(write_every_runtime(tmp_path), core, "-O2")
    kernels = sum(size for name, size in measured.items() if name.startswith("nn_"))
    for runtime in (name for name in measured if name.startswith("runtime")):
        room = 0 if runtime in LAYER_RUNTIMES else ROWS_ROOM
        assert kernels + measured[runtime] + room == code_bytes(KERNELS, core, runtime=runtime)
    assert measured["stack"] + STACK_ROOM == stack_bytes(core)
