"""Measures what making boxes costs on each core: code, and instructions against the boxes above the threshold.

Needs gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm; takes about a minute.

    python -m benchmarks.detection_postprocessing sizes > prototypenas/costing/detection_code_sizes.toml
    python -m benchmarks.detection_postprocessing instructions
"""

import argparse
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import output_maps, quantize_input, simulate_rows
from prototypenas.costing.cores import CORES
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.toolchain import arm_flags, build_arm, run_emulated, run_program
from prototypenas.detection.anchors import YOLOV5_ANCHORS, scaled
from prototypenas.detection.decode import DEPLOYED, DetectorSettings, decoder_for
from prototypenas.detection.head import head_for
from prototypenas.graph.lowering import lower
from prototypenas.types import Budget, Target
from search_spaces.mbednet_detection import REFERENCE, build_mbednet_detection

OPTIMIZATIONS = ("O2", "O3", "Os")
VARIATION = 32
"""Bytes by which another head's sizes, as constants in the code, may lengthen it."""
SHAPE = (3, 128, 128)


def write_detector(directory: Path, classes: int, settings: DetectorSettings = DEPLOYED) -> str:
    """Write the project of an untrained detector of 1,008 boxes, and say how many are above the threshold."""
    torch.manual_seed(0)
    configuration = replace(REFERENCE, width=0.2)
    network = build_mbednet_detection(configuration, SHAPE, classes).eval()
    with torch.no_grad():
        for level in network.head.levels:
            level.weight.mul_(8)
            level.bias.zero_()
    shapes = lower(network, SHAPE)
    pictures = torch.randn(4, *SHAPE)
    graph = quantize(shapes, calibrate(shapes, [pictures]))
    head = head_for(graph, scaled(YOLOV5_ANCHORS, SHAPE[1]), [f"class {number}" for number in range(classes)])
    sample = quantize_input(graph, pictures[:1].numpy())[0]
    target = Target("any", "", "cortex-m7", 1, None, None, Budget())
    write_c_project(
        graph, plan_memory(graph), directory, name="boxes", target=target, sample=sample, head=head, settings=settings
    )
    levels = [level[0] for level in output_maps(graph, simulate_rows(graph, sample[None])).values()]
    above = len(decoder_for(head, graph).decode(levels, replace(settings, candidates=head.boxes)))
    return f"threshold {settings.threshold}: {above} of {head.boxes} boxes above it"


def code_size(directory: Path, core: str, optimization: str) -> int:
    """Return the code of `detection.c` in bytes, rounded up to words."""
    target = directory / "detection.o"
    flags = arm_flags(core, f"-{optimization}")
    run_program(["arm-none-eabi-gcc", *flags, "-c", "detection.c", "-o", str(target.resolve())], directory=directory)
    listing = run_program(["arm-none-eabi-size", "-A", str(target.resolve())], directory=directory)
    return sum(-(-int(size) // 4) * 4 for size in re.findall(r"^\.text\S*\s+(\d+)\s", listing, re.MULTILINE))


def print_sizes() -> None:
    """Print `detection_code_sizes.toml`: the larger of one and several classes."""
    print("# Code of detection.c in bytes, an upper bound. Written by benchmarks/detection_postprocessing.py.")
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as several:
        for folder, classes in ((one, 1), (several, 4)):
            write_detector(Path(folder), classes)
        for core in CORES:
            print(f"\n[sizes.{core}]")
            for optimization in OPTIMIZATIONS:
                largest = max(code_size(Path(folder), core, optimization) for folder in (one, several))
                print(f"{optimization} = {largest + VARIATION}")


def print_instructions() -> None:
    """Print instructions of decoding and suppression of 1,008 boxes on emulated cores."""
    for threshold in (1.0, 0.9, 0.6, 0.001):
        with tempfile.TemporaryDirectory() as folder:
            print(write_detector(Path(folder), 1, replace(DEPLOYED, threshold=threshold)))
            for core in ("cortex-m4", "cortex-m7", "cortex-m33"):
                inputs = np.zeros((1, *SHAPE[1:], SHAPE[0]), np.int8)
                run = run_emulated(build_arm(Path(folder), core), core, inputs)
                share = (run.detection_instructions or 0) / run.instructions
                print(f"{core}: {run.detection_instructions:,} instructions, {share:.2%} of the network's")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description="Costs of making boxes.")
    parser.add_argument("what", choices=("sizes", "instructions"))
    options = parser.parse_args(arguments)
    print_sizes() if options.what == "sizes" else print_instructions()


if __name__ == "__main__":
    main()
