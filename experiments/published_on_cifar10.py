"""MCUNet's five networks trained like ours on CIFAR-10, for the paper's Fig. 6(a).

    python -m experiments.published_on_cifar10 --data-dir data --size 32 --epochs 20 --out runs/published

From random weights: the paper fine-tunes MCUNet's ImageNet weights, and starts its own models from ImageNet too, so
neither its nor anybody's ImageNet figures belong beside these. The paper's size is 128 pixels and wants a GPU: about 60
core hours; at 32 pixels and 20 epochs a network takes some minutes of one core. Finished networks are kept: the same
command goes on. Writes a CSV, and a figure with the paper's five models as hollow marks.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
from matplotlib.figure import Figure

from evaluators import DATASETS
from evaluators.classification import classification_evaluator
from evaluators.datasets.samples import ClassificationData
from evaluators.evaluator import TaskEvaluator
from evaluators.training.suitable_recipe import RecipeOptions
from experiments.one_line import errors_in_one_line
from experiments.paper_values import TABLE_2
from prototypenas.costing.measurement import measure_network
from prototypenas.costing.targets import load_targets
from prototypenas.errors import ConfigurationError
from prototypenas.progress import Silent
from prototypenas.reporting.drawing import COLOURS, MARKERS, house_style, save_png, svg_text
from prototypenas.types import Candidate, Target
from search_spaces import PUBLISHED
from search_spaces.fixed_network import FixedNetwork

NETWORKS = ("mcunet-in0", "mcunet-in1", "mcunet-in2", "mcunet-in3", "mcunet-in4")
TARGET = "imxrt1062"
ORIGIN = "random weights"


@dataclass(frozen=True)
class Row:
    """One training."""

    network: str
    size: int
    epochs: int
    seed: int
    beginning: str
    mflops: float
    ram_bytes: int
    rom_bytes: int
    float_accuracy: float
    int8_accuracy: float


def fixed_network(name: str) -> FixedNetwork:
    """Return a published network as one that can be trained.

    Raises:
        ConfigurationError: for a name that is unknown, or a network that is no list of blocks.
    """
    table = PUBLISHED[name].table if name in PUBLISHED else None
    if table is None:
        known = ", ".join(sorted(name for name, one in PUBLISHED.items() if one.table is not None))
        raise ConfigurationError(f"{name} is no published list of blocks; {known} are")
    return FixedNetwork(name, table)


def evaluator_for_all(data: ClassificationData, epochs: int) -> TaskEvaluator:
    """Return the evaluator that every network is trained by, with the settings of `experiments.cifar10`."""
    options = RecipeOptions(epochs=epochs, batch_size=128, learning_rate=0.05, early_stopping=0)
    return classification_evaluator(data, options)


def trained(name: str, evaluator: TaskEvaluator, target: Target, *, seed: int, out: Path) -> Row:
    """Train, quantize and test a network; a finished one is read back."""
    network, shape = fixed_network(name), evaluator.input_shape
    with torch.device("meta"):
        module = network(network.configuration, shape, evaluator.num_classes)
    cost = measure_network(module, shape, target).cost
    epochs = evaluator.recipe.epochs
    found = evaluator.evaluate(
        Candidate(seed, network.configuration),
        network,
        directory=out / f"{name}-{shape[1]}px-{epochs}-seed{seed}",
        seed=seed,
        device="cpu",
        progress=Silent(),
    )
    memory = (cost.footprint.ram_bytes, cost.footprint.rom_bytes)
    scores = (found.float_score, found.int8_score)
    return Row(name, shape[1], epochs, seed, ORIGIN, cost.flops / 1e6, *memory, *scores)


def published_figure(rows: Sequence[Row]) -> Figure:
    """Draw MFLOPs against int8 accuracy, a mark a training, and the paper's five models as it prints them."""
    with house_style():
        figure = Figure(figsize=(6.4, 4.2), layout="constrained")
        axes = figure.subplots()
        flops, accuracy = [row.mflops for row in rows], [100 * row.int8_accuracy for row in rows]
        label = f"MCUNet, {rows[0].size} pixels, {rows[0].epochs} epochs from {rows[0].beginning}"
        axes.scatter(flops, accuracy, color=COLOURS[0], label=label, zorder=3)
        for row in rows:
            axes.annotate(row.network.removeprefix("mcunet-"), (row.mflops, 100 * row.int8_accuracy), fontsize=7)
        paper = "paper's Table 2: 128 pixels, 100 epochs from ImageNet"
        marks = (TABLE_2.mflops, TABLE_2.accuracy["cifar10"])
        axes.scatter(*marks, facecolors="none", edgecolors=COLOURS[1], marker=MARKERS[1], label=paper)
        axes.set_xscale("log")
        axes.set_xlabel("MFLOPs")
        axes.set_ylabel("CIFAR-10 accuracy, int8 [%]")
        axes.legend(fontsize=7)
    return figure


def main(arguments: Sequence[str] | None = None) -> list[Row]:
    """Train what is missing, then write table and figure."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    names = options.networks.split(",")
    for name in names:
        fixed_network(name)
    source = DATASETS[options.dataset]
    shape = (source.input_shape[0], options.size, options.size)
    data = source.load(options.data_dir, input_shape=shape)
    assert isinstance(data, ClassificationData)  # the choices of --dataset are
    evaluator, target = evaluator_for_all(data, options.epochs), load_targets()[TARGET]
    options.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for seed in range(options.seeds):
        for name in names:
            rows.append(trained(name, evaluator, target, seed=seed, out=options.out))
            print(rows[-1], flush=True)
    _write(rows, options.out / f"published_on_{options.dataset}_{options.size}px")
    return rows


def _write(rows: Sequence[Row], path: Path) -> None:
    with path.with_suffix(".csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    figure = published_figure(rows)
    path.with_suffix(".svg").write_text(svg_text(figure), encoding="utf-8")
    save_png(figure, path.with_suffix(".png"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="MCUNet's networks trained like ours.")
    parser.add_argument("--data-dir", type=Path, help="folder of the data set")
    parser.add_argument("--dataset", choices=("cifar10", "digits"), default="cifar10")
    parser.add_argument("--size", type=int, default=32, help="edge of the input")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--out", type=Path, default=Path("runs/published"))
    return parser


if __name__ == "__main__":
    with errors_in_one_line():
        main()
