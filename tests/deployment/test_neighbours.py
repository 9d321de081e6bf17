"""The C beside other code: two models and C++ in one program, arenas handed in, strict warnings, strict alignment."""

import json
import shutil
import subprocess

import numpy as np
import pytest

from prototypenas.costing.memory_plan import ALIGNMENTS, plan_memory
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.toolchain import WARNINGS, build_arm, build_host, run_emulated, run_host, run_program
from prototypenas.errors import ConfigurationError
from prototypenas.types import Execution
from tests.deployment.candidates import BOARD
from tests.deployment.test_rows import expected_of, inputs_of, integer_graph

CPLUSPLUS = """
#include <cstdio>
#include <cstring>

#include "eye/eye.h"
#include "kws/kws.h"

alignas(EYE_ARENA_ALIGNMENT) static unsigned char memory[EYE_ARENA_BYTES];
static int8_t picture[EYE_INPUT_BYTES], seen[EYE_OUTPUT_BYTES], row[KWS_INPUT_SAMPLE_BYTES], heard[KWS_OUTPUT_BYTES];

int main()
{
    if (eye_run(picture, sizeof picture, seen, sizeof seen) != EYE_NO_ARENA || eye_input() != nullptr ||
        eye_self_test() != EYE_NO_ARENA) {
        return 1;
    }
    if (eye_init(nullptr, sizeof memory) != EYE_NO_BUFFER ||
        eye_init(memory + 4, sizeof memory) != EYE_ARENA_UNALIGNED ||
        eye_init(memory, sizeof memory - 1) != EYE_ARENA_TOO_SMALL || eye_output(0) != nullptr) {
        return 2;
    }
    if (eye_init(memory, sizeof memory) != EYE_OK || eye_self_test() != EYE_OK || kws_self_test() != KWS_OK) {
        return 3;
    }
    while (std::fread(picture, 1, sizeof picture, stdin) == sizeof picture) {
        for (int sample = 0; sample < KWS_INPUT_SAMPLES; sample++) { // in the midst of the other model's inference
            std::memcpy(row, picture + sample * KWS_INPUT_SAMPLE_BYTES, sizeof row);
            if (kws_push_sample(row, sizeof row) != KWS_OK) {
                return 4;
            }
            if (sample == 20 && eye_run(picture, sizeof picture, seen, sizeof seen) != EYE_OK) {
                return 5;
            }
        }
        if (kws_finish(heard, sizeof heard) != KWS_OK) {
            return 6;
        }
        std::fwrite(seen, 1, sizeof seen, stdout);
        std::fwrite(heard, 1, sizeof heard, stdout);
    }
    return 0;
}
"""


def written(directory, network, execution, **options):
    graph = integer_graph(network)
    plan = plan_memory(graph, execution, alignment=options.pop("alignment", 4))
    inputs = inputs_of(graph, 3)
    write_c_project(graph, plan, directory, name="net", target=BOARD, sample=inputs[0], **options)
    return graph, plan, inputs


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
def test_two_models_and_a_cplusplus_caller_share_the_kernels(tmp_path):
    eye, _, pictures = written(tmp_path / "eye", "picture", Execution.AUTO, prefix="eye", alignment=16)
    kws, _, _ = written(tmp_path / "kws", "series", Execution.ROWS, prefix="kws")
    kernels = {path.name: path for name in ("eye", "kws") for path in (tmp_path / name / "kernels").glob("*.c")}
    own = [f"{name}/{name}{part}.c" for name in ("eye", "kws") for part in ("", "_io", "_test", "_weights")]
    flags = ["-O1", "-Ieye/kernels", "-Ikws/kernels", "-DEYE_EXTERNAL_ARENA"]
    sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    sources = [*own, *map(str, kernels.values())]
    run_program(["gcc", *WARNINGS, *flags, *sanitizers, "-c", *sources], directory=tmp_path, seconds=120)
    (tmp_path / "caller.cpp").write_text(CPLUSPLUS)
    objects = [str(path) for path in tmp_path.glob("*.o")]
    strict = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
    command = [
        "g++",
        "-std=c++11",
        *strict,
        *sanitizers,
        "-DEYE_EXTERNAL_ARENA",
        "caller.cpp",
        *objects,
        "-o",
        "caller",
    ]
    run_program(command, directory=tmp_path, seconds=120)
    done = subprocess.run([tmp_path / "caller"], input=pictures.tobytes(), capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    size = kws.tensors[kws.input].elements
    heard = pictures.reshape(len(pictures), -1)[:, :size].reshape(len(pictures), 1, -1, 2)
    expected = np.concatenate([expected_of(eye, pictures), expected_of(kws, heard)], axis=1)
    np.testing.assert_array_equal(np.frombuffer(done.stdout, np.int8).reshape(len(pictures), -1), expected)


@pytest.mark.skipif(None in map(shutil.which, ("g++", "cmake", "make")), reason="g++, cmake or make is missing")
def test_two_models_share_one_folder_of_kernels(tmp_path):
    """Each kernel is compiled once for both models of a firmware, and both still know their answer."""
    for prefix, network in (("eye", "picture"), ("kws", "series")):
        _, _, inputs = written(
            tmp_path / prefix, network, Execution.LAYERS, prefix=prefix, shared_kernels=tmp_path / "nn"
        )
        assert not (tmp_path / prefix / "kernels").exists()
        run_host(build_host(tmp_path / prefix, kernels=tmp_path / "nn"), inputs)
    assert "-I../nn" in (tmp_path / "eye" / "Makefile").read_text()
    (tmp_path / "main.cpp").write_text(
        '#include "eye.h"\n#include "kws.h"\nint main() { return eye_self_test() + kws_self_test(); }\n'
    )
    lines = ["cmake_minimum_required(VERSION 3.13)", "project(firmware C CXX)", "add_subdirectory(eye)"]
    lines += ["add_subdirectory(kws)", "add_executable(firmware main.cpp)"]
    (tmp_path / "CMakeLists.txt").write_text("\n".join([*lines, "target_link_libraries(firmware eye kws)"]))
    run_program(["cmake", "-S", ".", "-B", "build"], directory=tmp_path)
    run_program(["cmake", "--build", "build"], directory=tmp_path, seconds=120)
    run_program([str(tmp_path / "build" / "firmware")], directory=tmp_path)
    assert len(list((tmp_path / "build").rglob("nn_gemm.c.o"))) == 1
    run_program(["make", "arduino"], directory=tmp_path / "kws")
    library = tmp_path / "kws" / "build" / "arduino" / "net"
    assert not list(library.rglob("nn_*"))
    assert "depends=nn_kernels" in (library / "library.properties").read_text()
    described = json.loads((tmp_path / "kws" / "library.json").read_text())
    assert described["dependencies"] == {json.loads((tmp_path / "nn" / "library.json").read_text())["name"]: "*"}
    (tmp_path / "nn" / "nn_gemm.c").write_text("/* older */")
    with pytest.raises(ConfigurationError, match=r"nn_gemm\.c is of another version"):
        written(tmp_path / "third", "picture", Execution.LAYERS, prefix="third", shared_kernels=tmp_path / "nn")


@pytest.mark.parametrize("alignment", ALIGNMENTS)
@pytest.mark.parametrize("execution", Execution)
def test_tensors_rings_and_sums_start_where_they_are_asked_to(execution, alignment):
    graph = integer_graph("picture")
    plan = plan_memory(graph, execution, alignment=alignment)
    dense = [offset for name, offset in plan.offsets.items() if name not in plan.pixel_strides]
    starts = [*dense, *plan.sums_offsets.values(), plan.scratch_offset]
    assert len(dense) > 5
    assert all(start % alignment == 0 for start in starts)


def test_other_alignments_are_refused():
    with pytest.raises(ConfigurationError, match="alignment 12; tensors can be aligned to 4, 8, 16, 32, 64"):
        plan_memory(integer_graph("picture"), alignment=12)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
@pytest.mark.parametrize("execution", Execution)
def test_the_static_analyser_finds_nothing(execution, tmp_path):
    written(tmp_path, "two outputs", execution)
    sources = [str(path) for path in (*tmp_path.glob("*.c"), *(tmp_path / "kernels").glob("*.c"))]
    sources = [source for source in sources if "semihosting" not in source]
    command = ["gcc", *WARNINGS, "-Wcast-align=strict", "-O2", "-fanalyzer", "-Ikernels", *sources, "-o", "program"]
    run_program(command, directory=tmp_path, seconds=300)


@pytest.mark.emulator
@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m33"])
def test_nothing_is_read_unaligned_where_that_is_trapped(core, tmp_path):
    graph, _, inputs = written(tmp_path, "picture", Execution.AUTO)
    strict = ["-mno-unaligned-access", "-DPORT_TRAP_UNALIGNED"]
    run = run_emulated(build_arm(tmp_path, core, flags=strict), core, inputs)
    np.testing.assert_array_equal(run.outputs, expected_of(graph, inputs))


@pytest.mark.emulator
@pytest.mark.parametrize(("flags", "status"), [((), 11), (("-mno-unaligned-access",), 0)])
def test_the_self_test_names_a_trap_instead_of_faulting(flags, status, tmp_path):
    written(tmp_path, "picture", Execution.AUTO)
    (tmp_path / "main.c").write_text('#include "model.h"\nint main(void) { return (int)model_self_test(); }\n')
    elf = build_arm(tmp_path, "cortex-m7", flags=["-DPORT_TRAP_UNALIGNED", *flags])
    command = ["qemu-system-arm", "-M", "mps2-an500", "-nographic", "-monitor", "none", "-serial", "none"]
    command += ["-semihosting-config", "enable=on,target=native", "-kernel", str(elf)]
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == status
