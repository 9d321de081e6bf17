"""Boxes made by the C against those of Python, byte by byte."""

import shutil
import struct
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import output_maps, quantize_input, simulate_rows
from prototypenas.costing.cores import core_named
from prototypenas.costing.detection_cost import CANDIDATES, candidate_bytes, detection_code_bytes, detection_ram_bytes
from prototypenas.costing.footprint import cost_of
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.toolchain import (
    arm_flags,
    build_arm,
    build_host,
    elf_sizes,
    run_emulated,
    run_host,
    run_program,
)
from prototypenas.detection.anchors import YOLOV5_ANCHORS, scaled
from prototypenas.detection.decode import DEPLOYED, EVALUATED, Decoder, DetectorSettings, decoder_for
from prototypenas.detection.head import DetectionHead, head_for
from prototypenas.detection.suppression import detect, record_bytes
from prototypenas.graph.graph import Graph
from prototypenas.graph.lowering import lower
from prototypenas.types import Configuration, GroupConfiguration
from search_spaces.mbednet_detection import build_mbednet_detection
from tests.deployment.candidates import BOARD, with_random_statistics

HERE = Path(__file__).parent
SHAPE = (3, 64, 96)
SETTINGS = {"deployed": DEPLOYED, "evaluated": EVALUATED, "few": DetectorSettings(0.05, 30, candidates=9, most=4)}


@dataclass(frozen=True, eq=False)
class Detector:
    graph: Graph
    head: DetectionHead
    inputs: np.ndarray

    @property
    def decoder(self) -> Decoder:
        return decoder_for(self.head, self.graph)

    def write(self, directory: Path, settings: DetectorSettings = DEPLOYED) -> Path:
        directory.mkdir(exist_ok=True)
        plan = plan_memory(self.graph)
        write_c_project(
            self.graph,
            plan,
            directory,
            name="detector",
            target=BOARD,
            sample=self.inputs[0],
            head=self.head,
            settings=settings,
        )
        return directory


def detector_of(classes: int) -> Detector:
    group = GroupConfiguration(depth=1, kernel=3, stride=2)
    configuration = Configuration("mbednet_detection", 0.3, (group, group, group, group))
    torch.manual_seed(classes)
    network = with_random_statistics(build_mbednet_detection(configuration, SHAPE, classes), SHAPE)
    with torch.no_grad():
        for level in network.head.levels:
            level.bias.zero_()
    shapes = lower(network, SHAPE)
    reals = torch.randn(16, *SHAPE)
    graph = quantize(shapes, calibrate(shapes, [reals]))
    head = head_for(graph, scaled(YOLOV5_ANCHORS, 96), [f"class {number}" for number in range(classes)])
    return Detector(graph, head, quantize_input(graph, reals[:4].numpy()))


@pytest.fixture(scope="module", params=[1, 4])
def detector(request):
    return detector_of(request.param)


def adversarial(head: DetectionHead, rng: np.random.Generator) -> list[list[np.ndarray]]:
    """All low, all high, equal scores, boxes over the border, and random ones of all kinds."""

    def filled(value: int) -> list[np.ndarray]:
        sizes = zip(head.maps, head.channels, strict=True)
        return [np.full((*size, channels), value, np.int8) for size, channels in sizes]

    def drawn(low: int = -128, high: int = 128) -> list[np.ndarray]:
        return [rng.integers(low, high, level.shape, dtype=np.int8) for level in filled(0)]

    equal = drawn()
    for level in equal:
        level.reshape(*level.shape[:2], -1, head.channels_per_anchor)[..., 4:] = 100
    one = filled(-128)
    one[2][0, 0, 2 : head.channels_per_anchor] = 127
    exact = filled(-128)
    cells = exact[0].reshape(-1, head.channels_per_anchor)
    cells[:CANDIDATES] = 127
    return [filled(-128), filled(127), filled(0), equal, one, exact, *(drawn() for _ in range(30)), drawn(-10, 60)]


def harness(project: Path, directory: Path) -> Path:
    """Put the decoder of a project beside a program that feeds it, without the network."""
    directory.mkdir()
    for name in ("detection.c", "port_host.c", "port_semihosting.c", "cortexm.ld"):
        shutil.copy(project / name, directory)
    for header in (*project.glob("*.h"), *(project / "kernels").glob("*.h")):
        shutil.copy(header, directory)
    shutil.copy(HERE / "detection_harness.c", directory / "main.c")
    return directory


def flags_of(settings: DetectorSettings) -> list[str]:
    values = {
        "LEAST_SCORE": settings.least_score,
        "OVERLAP_PERCENT": settings.overlap_percent,
        "CANDIDATES": settings.candidates,
        "MOST": settings.most,
    }
    return [f"-DDETECTION_{name}={value}" for name, value in values.items()]


def cases_of(detector: Detector, settings: DetectorSettings) -> tuple[bytes, bytes]:
    """What the harness reads, and what it is to write: Python's count and records of every case."""
    given = expected = b""
    found_some = 0
    for outputs in adversarial(detector.head, np.random.default_rng(0)):
        for capacity in (0, 1, settings.most, settings.most + 5):
            allowed = replace(settings, most=max(1, min(capacity, settings.most)))
            records = detect(detector.decoder, outputs, allowed)[:capacity]
            given += struct.pack("<I", capacity) + b"".join(level.tobytes() for level in outputs)
            expected += struct.pack("<I", len(records)) + records.tobytes()
            found_some += len(records)
    assert found_some > 100
    return given, expected


@pytest.mark.parametrize("name", SETTINGS)
def test_boxes_are_pythons_in_every_byte(detector, name, tmp_path):
    settings = SETTINGS[name].within(detector.head)
    given, expected = cases_of(detector, settings)
    directory = harness(detector.write(tmp_path / "c"), tmp_path / "harness")
    sanitized = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", *flags_of(settings)]
    program = build_host(directory, compiler="gcc", optimization="-O1", flags=sanitized)
    (program.parent / "inputs.bin").write_bytes(given)
    run_program([str(program)], directory=program.parent)
    assert (program.parent / "outputs.bin").read_bytes() == expected


@pytest.mark.emulator
@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m7", "cortex-m33"])
@pytest.mark.parametrize("name", SETTINGS)
def test_emulated_cores_find_pythons_boxes_in_adversarial_outputs(detector, name, core, tmp_path):
    settings = SETTINGS[name].within(detector.head)
    given, expected = cases_of(detector, settings)
    directory = harness(detector.write(tmp_path / "c"), tmp_path / "harness")
    elf = build_arm(directory, core, flags=flags_of(settings))
    (elf.parent / "inputs.bin").write_bytes(given)
    command = ["qemu-system-arm", "-M", str(core_named(core).machine), "-nographic", "-monitor", "none"]
    command += ["-serial", "none", "-semihosting-config", "enable=on,target=native", "-kernel", str(elf)]
    run_program(command, directory=elf.parent)
    assert (elf.parent / "outputs.bin").read_bytes() == expected


def test_the_example_writes_boxes_after_the_outputs(detector, tmp_path):
    rows = simulate_rows(detector.graph, detector.inputs)
    records = record_bytes(detector.decoder, output_maps(detector.graph, rows), DEPLOYED)
    outputs = run_host(build_host(detector.write(tmp_path)), detector.inputs)
    assert np.array_equal(outputs, np.concatenate([rows, records], axis=1))


def test_without_a_head_no_class_is_printed_and_nothing_is_detected(detector, tmp_path):
    plan = plan_memory(detector.graph)
    write_c_project(detector.graph, plan, tmp_path, name="raw", target=BOARD, sample=detector.inputs[0])
    assert not (tmp_path / "detection.c").exists()
    program = build_host(tmp_path)
    printed = subprocess.run([program], cwd=tmp_path, capture_output=True, check=True, text=True).stdout
    assert printed.startswith("outputs ") and "class" not in printed


@pytest.mark.emulator
@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m7", "cortex-m33"])
def test_emulated_cores_find_the_same_boxes_in_the_planned_memory(detector, core, tmp_path):
    project = detector.write(tmp_path, replace(DEPLOYED, threshold=0.02))
    elf = build_arm(project, core)
    run = run_emulated(elf, core, detector.inputs)
    rows = simulate_rows(detector.graph, detector.inputs)
    settings = replace(DEPLOYED, threshold=0.02)
    records = record_bytes(detector.decoder, output_maps(detector.graph, rows), settings)
    assert np.array_equal(run.outputs, np.concatenate([rows, records], axis=1)) and records.any()
    assert run.detection_instructions and run.sample_class is None
    sizes = elf_sizes(elf)
    footprint = cost_of(detector.graph, replace(BOARD, core=core), detects=True).footprint
    assert sizes.model_ram == footprint.activations_bytes + footprint.scratch_bytes + footprint.detection_ram_bytes
    tables = footprint.detection_rom_bytes - detection_code_bytes(core)
    constants = footprint.weights_bytes + footprint.biases_bytes + footprint.requantization_bytes
    assert sizes.model_rom == constants + footprint.descriptors_bytes + tables
    assert detection_ram_bytes(detector.graph) == candidate_bytes(detector.head.boxes)


@pytest.mark.emulator
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m33", "cortex-m55", "cortex-m7"])
def test_the_decoder_has_no_float_no_heap_and_the_planned_size(detector, core, tmp_path):
    project = detector.write(tmp_path)
    run = ["arm-none-eabi-gcc", *arm_flags(core, "-O2"), "-c", "detection.c", "-o", "detection.o"]
    subprocess.run(run, cwd=project, check=True, timeout=60)
    symbols = subprocess.run(
        ["arm-none-eabi-nm", "-u", "detection.o"], cwd=project, capture_output=True, check=True, text=True
    ).stdout.split()
    wanted = {"U", "model_output", "memmove", "memcpy", "__aeabi_lmul", "memset"}
    assert set(symbols) <= wanted, symbols
    code = subprocess.run(
        ["arm-none-eabi-objdump", "-d", "detection.o"], cwd=project, capture_output=True, check=True, text=True
    ).stdout
    assert not any(word in code for word in ("\tvadd.f", "\tvmul.f", "\tvcvt", "\tvdiv", "__aeabi_f", "__aeabi_d"))
    listing = subprocess.run(
        ["arm-none-eabi-size", "-A", "detection.o"], cwd=project, capture_output=True, check=True, text=True
    ).stdout
    text = sum(int(line.split()[1]) for line in listing.splitlines() if line.startswith(".text"))
    assert 0 <= detection_code_bytes(core) - text <= 400
