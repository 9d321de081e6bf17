"""The written project: equal to the simulator, exact in its sizes, clean under compilers and clang-format."""

import ctypes
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import simulate
from prototypenas.costing.footprint import cost_of
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.deployment.c_project import FILES, write_c_project
from prototypenas.deployment.toolchain import (
    WARNINGS,
    build_arm,
    build_host,
    elf_sizes,
    run_emulated,
    run_host,
    run_program,
)
from prototypenas.errors import ConfigurationError, QuantizationError, ToolchainError
from prototypenas.graph.lowering import lower
from prototypenas.types import Budget, Target

TARGET = Target("board", "a test", "cortex-m7", 600_000_000, 512 * 1024, 1024 * 1024, Budget())
ARM = pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="gcc-arm-none-eabi is not installed")


class SmallNetwork(nn.Module):
    """Odd channels, a residual sum, a concatenation, both pools and, if asked, two outputs."""

    def __init__(self, *, two_outputs: bool) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 11, 3, stride=2, padding=1), nn.BatchNorm2d(11), nn.ReLU6())
        self.wide = nn.Conv2d(11, 23, 1)
        self.depthwise = nn.Sequential(nn.Conv2d(23, 23, 5, padding=2, groups=23), nn.ReLU())
        self.narrow = nn.Conv2d(23, 11, 1)
        self.branch = nn.Sequential(nn.Conv2d(11, 6, 3, padding=1), nn.ReLU())
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.head = nn.Linear(17, 5)
        self.two_outputs = two_outputs

    def forward(self, inputs):
        first = self.stem(inputs)
        summed = self.narrow(self.depthwise(self.wide(first))) + first
        both = torch.cat([self.branch(summed), summed], 1)
        pooled = self.pool(both)
        logits = self.head(pooled.mean((2, 3)))
        return (logits, both) if self.two_outputs else logits


def integer_graph(*, two_outputs: bool = False):
    torch.manual_seed(3)
    network = SmallNetwork(two_outputs=two_outputs).eval()
    graph = lower(network, (3, 14, 13))
    return quantize(graph, calibrate(graph, [torch.randn(8, 3, 14, 13)]))


@pytest.fixture(scope="module", params=[False, True], ids=["one output", "two outputs"])
def case(request, tmp_path_factory):
    """Graph, plan, project directory, inputs and the simulator's outputs `(N, bytes)`."""
    graph = integer_graph(two_outputs=request.param)
    plan = plan_memory(graph)
    directory = tmp_path_factory.mktemp("project")
    inputs = np.random.default_rng(5).integers(-128, 128, (16, 14, 13, 3), dtype=np.int8)
    write_c_project(graph, plan, directory, name="small net", target=TARGET, sample=inputs[0])
    simulated = simulate(graph, inputs)
    expected = np.concatenate([simulated[name].reshape(len(inputs), -1) for name in graph.outputs], axis=1)
    return graph, plan, directory, inputs, expected


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_host_program_equals_the_simulator(case, compiler):
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    _, _, directory, inputs, expected = case
    flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"] if compiler == "gcc" else []
    program = build_host(directory, compiler=compiler, optimization="-O1", flags=flags)
    np.testing.assert_array_equal(run_host(program, inputs), expected)


def test_wrong_sizes_and_null_pointers_give_error_codes(case, tmp_path):
    _, _, directory, inputs, expected = case
    library = tmp_path / "model.so"
    sources = ["model.c", "weights.c", *(str(path) for path in sorted((directory / "kernels").glob("*.c")))]
    subprocess.run(["gcc", "-shared", "-fPIC", "-Ikernels", *sources, "-o", library], cwd=directory, check=True)
    model = ctypes.CDLL(str(library))
    given, output = inputs[1].tobytes(), ctypes.create_string_buffer(expected.shape[1])
    size, out = ctypes.c_size_t(len(given)), ctypes.c_size_t(expected.shape[1])
    assert model.model_run(given, ctypes.c_size_t(len(given) - 1), output, out) == 1
    assert model.model_run(given, size, output, ctypes.c_size_t(expected.shape[1] + 1)) == 2
    assert model.model_run(None, size, output, out) == 3
    assert model.model_run(given, size, None, out) == 3
    assert model.model_run(given, size, output, out) == 0
    np.testing.assert_array_equal(np.frombuffer(output.raw, np.int8), expected[1])
    model.model_output.restype = ctypes.c_void_p
    assert model.model_output(ctypes.c_uint32(99)) is None


def test_files_are_formatted_and_documented(case):
    _, plan, directory, _, _ = case
    for file in FILES:
        assert (directory / file).read_text(), file
    formatter = shutil.which("clang-format", path=str(Path(sys.executable).parent)) or shutil.which("clang-format")
    if formatter is None:
        pytest.skip("clang-format is not installed")
    files = [*directory.glob("*.[ch]"), *(directory / "kernels").glob("*.[ch]")]
    done = subprocess.run([formatter, "--dry-run", "--Werror", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:2000]
    assert str(plan.array_bytes - plan.scratch_offset) in (directory / "README.md").read_text()


def printed_result(outputs) -> str:
    """What the example prints: the class of a classifier, the size of anything else."""
    if len(outputs) > 5:
        return f"outputs {len(outputs)} bytes\n"
    return f"class {int(outputs.argmax())}\nscores {' '.join(map(str, outputs))}\n"


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_makefile_builds_and_runs_the_sample(case):
    _, _, directory, _, expected = case
    done = subprocess.run(["make", "host"], cwd=directory, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert printed_result(expected[0]) in done.stdout


@pytest.mark.emulator
@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_makefile_runs_the_emulator_and_prints_the_sizes(case, tmp_path):
    _, plan, directory, _, expected = case
    project = Path(shutil.copytree(directory, tmp_path / "project"))
    done = run_program(["make", "qemu"], directory=project, seconds=120)
    assert printed_result(expected[0]) in done
    assert re.search(rf"\.model_ram\s+{plan.total_bytes}\s", run_program(["make", "size"], directory=project))


@pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed")
def test_cmake_builds_the_library_and_the_example(case, tmp_path):
    _, _, directory, _, expected = case
    flags = ["-DCMAKE_C_FLAGS=-Werror", "-DCMAKE_BUILD_TYPE=Release"]
    run_program(["cmake", "-S", str(directory), "-B", str(tmp_path), *flags], directory=tmp_path)
    run_program(["cmake", "--build", str(tmp_path)], directory=tmp_path, seconds=120)
    printed = run_program([str(tmp_path / "example")], directory=tmp_path)
    assert printed_result(expected[0]) in printed


def test_an_application_processor_gets_the_same_c(tmp_path):
    graph = integer_graph()
    target = Target("computer", "", "cortex-a76", 1, None, None, Budget())
    inputs = np.random.default_rng(2).integers(-128, 128, (2, 14, 13, 3), dtype=np.int8)
    write_c_project(graph, plan_memory(graph), tmp_path, name="net", target=target, sample=inputs[0])
    expected = simulate(graph, inputs)[graph.outputs[0]].reshape(2, -1)
    np.testing.assert_array_equal(run_host(build_host(tmp_path), inputs), expected)


def test_a_model_beyond_the_target_does_not_compile(tmp_path):
    graph = integer_graph()
    plan = plan_memory(graph)
    sample = np.zeros((14, 13, 3), np.int8)
    small = Target("tiny", "", "cortex-m0plus", 1, 1024, None, Budget())
    write_c_project(graph, plan, tmp_path, name="small", target=small, sample=sample)
    with pytest.raises(ToolchainError, match="model_fits_the_ram"):
        build_host(tmp_path)


def test_bad_samples_names_and_stages_are_refused(tmp_path):
    graph = integer_graph()
    plan = plan_memory(graph)
    sample = np.zeros((14, 13, 3), np.int8)
    with pytest.raises(ConfigurationError, match="546"):
        write_c_project(graph, plan, tmp_path, name="net", target=TARGET, sample=sample[:3])
    with pytest.raises(ConfigurationError, match="model name"):
        write_c_project(graph, plan, tmp_path, name='a"b', target=TARGET, sample=sample)
    shapes = lower(SmallNetwork(two_outputs=False).eval(), (3, 14, 13))
    with pytest.raises(QuantizationError):
        write_c_project(shapes, plan, tmp_path, name="net", target=TARGET, sample=sample)


@pytest.mark.emulator
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4", "cortex-m7", "cortex-m33"])
def test_emulated_core_equals_the_simulator_and_the_elf_the_plan(case, core):
    graph, plan, directory, inputs, expected = case
    footprint = cost_of(graph, TARGET, plan).footprint
    for optimization in ("-O0", "-O2", "-Os"):
        elf = build_arm(directory, core, optimization=optimization)
        sizes = elf_sizes(elf)
        assert sizes.model_rom == footprint.rom_bytes - footprint.code_bytes
        assert sizes.model_ram == footprint.activations_bytes + footprint.scratch_bytes
    run = run_emulated(elf, core, inputs)
    np.testing.assert_array_equal(run.outputs, expected)
    assert run.sample_class == (expected[0].argmax() if len(expected[0]) == 5 else None)
    assert 0.999 * sum(run.layer_instructions) < run.instructions < 1.1 * sum(run.layer_instructions)


@ARM
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m3", "cortex-m55"])
def test_other_cores_compile_without_a_warning(case, core):
    _, plan, directory, _, _ = case
    assert elf_sizes(build_arm(directory, core)).model_ram == plan.total_bytes


@pytest.mark.skipif(shutil.which("clang") is None, reason="clang is not installed")
@pytest.mark.skipif(not Path("/usr/lib/arm-none-eabi/include").exists(), reason="newlib's headers are not installed")
def test_clang_compiles_for_arm_without_a_warning(case):
    _, _, directory, _, _ = case
    for path in [Path("model.c"), Path("weights.c"), *sorted((directory / "kernels").glob("*.c"))]:
        command = ["clang", "--target=arm-none-eabi", "-mcpu=cortex-m4", "-mthumb", *WARNINGS, "-O2", "-Ikernels"]
        command += ["-isystem", "/usr/lib/arm-none-eabi/include", "-fsyntax-only", str(path)]
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]


def test_missing_programs_name_their_package(case, monkeypatch):
    _, _, directory, inputs, _ = case
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolchainError, match="gcc-arm-none-eabi"):
        build_arm(directory, "cortex-m7")
    with pytest.raises(ToolchainError, match="package is qemu-system-arm"):
        run_emulated(directory / "build" / "any.elf", "cortex-m7", inputs)


def test_header_states_sizes_and_quantization(case):
    graph, plan, directory, _, expected = case
    header = (directory / "model.h").read_text()
    numbers = dict(re.findall(r"#define (MODEL_\w+) \(?(-?\d+)\)?$", header, re.MULTILINE))
    assert int(numbers["MODEL_INPUT_BYTES"]) == 14 * 13 * 3
    assert int(numbers["MODEL_OUTPUT_BYTES"]) == expected.shape[1]
    progress = int(numbers.get("MODEL_PROGRESS_BYTES", 0))
    assert int(numbers["MODEL_ARENA_BYTES"]) + progress == plan.total_bytes
    assert int(numbers["MODEL_INPUT_ZERO_POINT"]) == graph.tensors[graph.input].quantization.zero_point


def test_pooling_a_long_series_whole_needs_no_stride(tmp_path):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv1d(2, 5, 39, padding=19), nn.AvgPool1d(700), nn.Flatten(), nn.Linear(5, 3)).eval()
    shapes = lower(network, (2, 700))
    graph = quantize(shapes, calibrate(shapes, [torch.randn(4, 2, 700)]))
    inputs = np.random.default_rng(1).integers(-128, 128, (3, 1, 700, 2), dtype=np.int8)
    write_c_project(graph, plan_memory(graph), tmp_path, name="series", target=TARGET, sample=inputs[0])
    expected = simulate(graph, inputs)[graph.outputs[0]].reshape(3, -1)
    np.testing.assert_array_equal(run_host(build_host(tmp_path), inputs), expected)
