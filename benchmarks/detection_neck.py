"""Does YOLOv5's neck pay on a small detector: scattered digits, with and without it at equal MACs, several seeds.

    python -m benchmarks.detection_neck costs
    OMP_NUM_THREADS=1 python -m benchmarks.detection_neck trainings --seeds 3 --out RESULTS

What was measured is in experiments/results/detection_neck.csv.

Protocol, fixed before its first run: scattered digits of one class, the default recipe with 8 epochs, the reference of
`mbednet_detection` at half width against that of `mbednet_yolo` at the width whose MACs are nearest (within 5 %), the
same seeds for both. Measured are mAP50 and the mean over overlaps from 0.5 to 0.95, of the int8 networks on the test
pictures. The neck pays, or costs, where the 95 % interval of the mean difference over seeds (paired, Student's t)
leaves out 0; otherwise nothing is shown. Six trainings of about a minute of one core each. (Ten classes and 6 epochs,
which were begun before, ended after one training: at a mAP50 of 3.9 % nothing can be compared.)
`costs` prints what both need at 128 and 320 pixels.
"""

import argparse
import csv
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from scipy.stats import t as student

from evaluators.datasets.digits_scattered import ScatteredDigits
from evaluators.detection.detection_task import detection_evaluator
from evaluators.evaluator import TaskEvaluator
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
TOLERANCE = 0.05
"""Largest difference of the MACs of two networks that are compared."""
CLASSES = 1
COLUMNS = ("classes", "architecture", "width", "mmacs", "seed", "epochs", "float", "int8", "ap50_95")


@dataclass(frozen=True)
class Trained:
    """One training, as a row of the table; scores in `[0, 1]`."""

    classes: int
    architecture: str
    width: float
    mmacs: float
    seed: int
    epochs: int
    float_score: float
    int8_score: float
    strict: float
    """Mean over overlaps from 0.5 to 0.95, int8."""


def cost(configuration: Configuration, shape: InputShape, classes: int = 1) -> Cost:
    """Price a detector."""
    with torch.device("meta"):
        network = DETECTION_POOL[configuration.architecture](configuration, shape, classes)
    return cost_of(lower(network, shape), load_targets()[TARGET], detects=True)


def as_dear(configuration: Configuration, shape: InputShape, classes: int = 1) -> Configuration:
    """Return the detector with a neck whose width brings its MACs nearest to those of one without."""
    macs = cost(configuration, shape, classes).macs
    widths = [configuration.width * step / 200 for step in range(150, 210)]
    candidates = [replace(REFERENCES[NECK], width=width) for width in widths]
    nearest = min(candidates, key=lambda one: abs(cost(one, shape, classes).macs - macs))
    assert abs(cost(nearest, shape, classes).macs / macs - 1) <= TOLERANCE
    return nearest


def print_costs() -> None:
    """Print both at the sizes of the paper."""
    for side in (128, 320):
        shape = (3, side, side)
        plain = REFERENCES[PLAIN]
        for one in (plain, replace(REFERENCES[NECK], width=plain.width), as_dear(plain, shape)):
            found = cost(one, shape)
            memory = f"RAM {found.footprint.ram_bytes:,} B, ROM {found.footprint.rom_bytes:,} B"
            print(f"{side} pixels, {one.architecture}, width {one.width}: {found.macs / 1e6:.1f} MMACs, {memory}")


def trained(evaluator: TaskEvaluator, one: Configuration, classes: int, seed: int) -> Trained:
    """Train a detector once."""
    candidate = Candidate(0, one)
    with tempfile.TemporaryDirectory() as folder:
        found = evaluator.evaluate(
            candidate,
            DETECTION_POOL[one.architecture],
            directory=Path(folder),
            seed=seed,
            device="cpu",
            progress=Silent(),
        )
    macs = cost(one, evaluator.task.input_shape, classes).macs / 1e6
    scores = (found.float_score, found.int8_score, found.details["AP50-95"])
    return Trained(classes, one.architecture, one.width, macs, seed, evaluator.recipe.epochs, *scores)


def with_interval(differences: Sequence[float]) -> str:
    """Return the mean of paired differences and half of its 95 % interval, in points."""
    values = 100 * np.array(differences)
    half = student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return f"{values.mean():+.2f} points, 95 % interval +-{half:.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print costs, or each training and the mean differences."""
    parser = argparse.ArgumentParser(description="A detector with and without a neck.")
    parser.add_argument("what", choices=("costs", "trainings"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--classes", type=int, choices=(1, 10), default=CLASSES)
    parser.add_argument("--out", type=Path, help="CSV to write a row a training to")
    options = parser.parse_args(arguments)
    if options.what == "costs":
        print_costs()
        return
    torch.set_num_threads(1)
    data = ScatteredDigits(options.classes).load()
    evaluator = detection_evaluator(data, RecipeOptions(epochs=options.epochs))
    plain = replace(REFERENCES[PLAIN], width=WIDTH)
    neck = as_dear(plain, data.input_shape, options.classes)
    rows: list[Trained] = []
    for seed in range(options.seeds):
        for one in (plain, neck):
            rows.append(trained(evaluator, one, options.classes, seed))
            print(rows[-1], flush=True)
            if options.out:
                _write(rows, options.out)
    print_differences(rows)


def print_differences(rows: Sequence[Trained]) -> None:
    """Print what the neck adds, a mean over two seeds or more."""
    plain, neck = ([row for row in rows if row.architecture == name] for name in (PLAIN, NECK))
    pairs = list(zip(plain, neck, strict=True))
    if len(pairs) > 1:
        at_half = with_interval([other.int8_score - one.int8_score for one, other in pairs])
        strict = with_interval([other.strict - one.strict for one, other in pairs])
        print(f"neck less plain: mAP50 {at_half}; AP50-95 {strict}")


def _write(rows: Sequence[Trained], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            scores = (f"{score:.4f}" for score in (row.float_score, row.int8_score, row.strict))
            writer.writerow(
                (row.classes, row.architecture, row.width, f"{row.mmacs:.3f}", row.seed, row.epochs, *scores)
            )


if __name__ == "__main__":
    main()
