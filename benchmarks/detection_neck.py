"""Does YOLOv5's neck pay on a small detector: scattered digits, with and without it at equal MACs, several seeds.

    python -m benchmarks.detection_neck --seeds 3

About a minute of one core for each training. Also prints what both cost at 128 and 320 pixels.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from evaluators.datasets.digits_scattered import ScatteredDigits
from evaluators.detection.detection_task import detection_evaluator
from evaluators.training.suitable_recipe import RecipeOptions
from prototypenas.costing.footprint import cost_of
from prototypenas.costing.targets import load_targets
from prototypenas.graph.lowering import lower
from prototypenas.progress import Silent
from prototypenas.types import Candidate, Configuration, Cost, InputShape
from search_spaces import DETECTION_POOL, REFERENCES

PLAIN, NECK = "mbednet_detection", "mbednet_yolo"
TARGET = "imxrt1062"
WIDTH = 0.5


def cost(configuration: Configuration, shape: InputShape) -> Cost:
    """Price a detector of one class."""
    with torch.device("meta"):
        network = DETECTION_POOL[configuration.architecture](configuration, shape, 1)
    return cost_of(lower(network, shape), load_targets()[TARGET], detects=True)


def as_dear(configuration: Configuration, shape: InputShape) -> Configuration:
    """Return the detector with a neck whose width brings its MACs nearest to those of one without."""
    macs = cost(configuration, shape).macs
    widths = [step / 200 for step in range(20, 300)]
    candidates = [replace(REFERENCES[NECK], width=width) for width in widths]
    return min(candidates, key=lambda one: abs(cost(one, shape).macs - macs))


def print_costs() -> None:
    """Print both at the sizes of the paper."""
    for side in (128, 320):
        shape = (3, side, side)
        plain = REFERENCES[PLAIN]
        for one in (plain, replace(REFERENCES[NECK], width=plain.width), as_dear(plain, shape)):
            found = cost(one, shape)
            memory = f"RAM {found.footprint.ram_bytes:,} B, ROM {found.footprint.rom_bytes:,} B"
            print(f"{side} pixels, {one.architecture}, width {one.width}: {found.macs / 1e6:.1f} MMACs, {memory}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print costs, then the test mAP50 of each training."""
    parser = argparse.ArgumentParser(description="A detector with and without a neck.")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    print_costs()
    data = ScatteredDigits().load()
    evaluator = detection_evaluator(data, RecipeOptions(epochs=options.epochs))
    plain = replace(REFERENCES[PLAIN], width=WIDTH)
    for one in (plain, as_dear(plain, data.input_shape)):
        candidate = Candidate(0, one, cost=None, digest=None, scores={})
        macs = cost(one, data.input_shape).macs / 1e6
        for seed in range(options.seeds):
            with tempfile.TemporaryDirectory() as folder:
                found = evaluator.evaluate(
                    candidate,
                    DETECTION_POOL[one.architecture],
                    directory=Path(folder),
                    seed=seed,
                    device="cpu",
                    progress=Silent(),
                )
            scores = f"mAP50 {found.float_score:.4f} in float, {found.int8_score:.4f} in int8"
            print(f"{one.architecture}, width {one.width}, {macs:.2f} MMACs, seed {seed}: {scores}", flush=True)


if __name__ == "__main__":
    main()
