"""MCUNet's five networks trained like ours on CIFAR-10, for the paper's Fig. 6(a).

    python -m experiments.published_on_cifar10 --data-dir data --size 32 --epochs 20 --out runs/published

From random weights: the paper fine-tunes MCUNet's ImageNet weights, and starts its own models from ImageNet too, so
neither its nor anybody's ImageNet figures belong beside these. Who has MCUNet's released checkpoints gives their folder
as `--weights`, a file `<network>.pth` each. How far the paper's five, as printed, are above the line through MCUNet's
points at equal FLOPs is printed: a fair pair only at one size, one number of epochs and one beginning. The paper's
size is 128 pixels and wants a GPU: about 60 core hours; at 32 pixels and 20 epochs a network takes some minutes of one
core. Finished networks are kept: the same command goes on. Writes a CSV, and a figure with the paper's five models as
hollow marks.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
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
from prototypenas.prototype import Prototype
from prototypenas.reporting.drawing import COLOURS, MARKERS, house_style, save_png, svg_text
from prototypenas.types import Candidate, Configuration, InputShape, Target
from search_spaces import PUBLISHED
from search_spaces.fixed_network import FixedNetwork
from search_spaces.published_weights import load_published

NETWORKS = ("mcunet-in0", "mcunet-in1", "mcunet-in2", "mcunet-in3", "mcunet-in4")
TARGET = "imxrt1062"
ORIGIN = "random weights"
RELEASED = "released ImageNet weights"


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


@dataclass(frozen=True)
class Beginning:
    """A published network that begins with released weights; a new classifier where it has other classes."""

    network: FixedNetwork
    file: Path

    def __call__(self, configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
        """Build it and read the weights in.

        Raises:
            DatasetError: if the file does not hold this network.
        """
        prototype = self.network(configuration, input_shape, num_classes)
        if next(prototype.parameters()).is_meta:
            return prototype
        released = load_published(self.network.name, self.file, num_classes).state_dict()
        # Both are stem, superblocks and head in this order, under other names.
        names = prototype.state_dict().keys()
        prototype.load_state_dict(dict(zip(names, released.values(), strict=True)))
        return prototype


def leads(rows: Sequence[Row]) -> list[float]:
    """Return by how many points each of the paper's five lies above the line through the rows, at equal FLOPs.

    The line joins the mean int8 accuracy of each network; a model outside of its FLOPs is left out.
    """
    networks = dict.fromkeys(row.network for row in rows)
    series = [[row for row in rows if row.network == name] for name in networks]
    points = sorted((one[0].mflops, 100 * float(np.mean([row.int8_accuracy for row in one]))) for one in series)
    mflops, accuracy = zip(*points, strict=True)
    pairs = zip(TABLE_2.mflops, TABLE_2.accuracy["cifar10"], strict=True)
    inside = [(cost, score) for cost, score in pairs if mflops[0] <= cost <= mflops[-1]]
    return [score - float(np.interp(cost, mflops, accuracy)) for cost, score in inside]


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


def trained(
    name: str, evaluator: TaskEvaluator, target: Target, *, seed: int, out: Path, weights: Path | None = None
) -> Row:
    """Train, quantize and test a network; a finished one is read back. `weights` is a folder of released ones."""
    network, shape = fixed_network(name), evaluator.input_shape
    with torch.device("meta"):
        module = network(network.configuration, shape, evaluator.num_classes)
    cost = measure_network(module, shape, target).cost
    epochs = evaluator.recipe.epochs
    origin = ORIGIN if weights is None else RELEASED
    found = evaluator.evaluate(
        Candidate(seed, network.configuration),
        network if weights is None else Beginning(network, weights / f"{name}.pth"),
        directory=out / f"{name}-{shape[1]}px-{epochs}-{origin.replace(' ', '-')}-seed{seed}",
        seed=seed,
        device="cpu",
        progress=Silent(),
    )
    memory = (cost.footprint.ram_bytes, cost.footprint.rom_bytes)
    scores = (found.float_score, found.int8_score)
    return Row(name, shape[1], epochs, seed, origin, cost.flops / 1e6, *memory, *scores)


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
            rows.append(trained(name, evaluator, target, seed=seed, out=options.out, weights=options.weights))
            print(rows[-1], flush=True)
    _write(rows, options.out / f"published_on_{options.dataset}_{options.size}px")
    if found := leads(rows):
        print(
            "the paper's five, as printed (128 pixels, 100 epochs, from ImageNet), lead these at equal FLOPs by "
            f"{np.mean(found):+.1f} points in the mean, {max(found):+.1f} at most; {len(found)} of 5 lie in their range"
        )
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
    parser.add_argument("--weights", type=Path, help="folder of released checkpoints, <network>.pth")
    parser.add_argument("--out", type=Path, default=Path("runs/published"))
    return parser


if __name__ == "__main__":
    with errors_in_one_line():
        main()
