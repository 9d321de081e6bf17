"""The recipe that is derived from the data against the fixed one before it, at the same number of samples shown.

    OMP_NUM_THREADS=1 python -m experiments.recipe_comparison --data cifar10 digits sisfall --data-dir data

Protocol, fixed before the first training: two networks of the table of our own space for each data set, of different
families, the fifth of each in order of FLOPs; the derived recipe with `STEPS` optimizer steps, and the recipe before
it (batches of 128, halved until a pass has 40 steps; fixed augmentation) with at least as many samples shown, in whole
epochs; seeds 0 and 1; at most `TRAINING` training samples, and held-out samples of the training part, as in the
table, in place of test data. Both are pruned and quantized as a run does it. Processor seconds stand beside the
accuracies, since larger batches take fewer.

One row a training goes to `experiments/results/recipes.csv` at once; the same command continues.
"""

import argparse
import csv
import math
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import torch

from evaluators import DATASETS
from evaluators.augmentation import Augmentation
from evaluators.classification import ClassificationTask
from evaluators.datasets.samples import ClassificationData
from evaluators.datasets.source import with_classes
from evaluators.evaluator import TaskEvaluator
from evaluators.training.recipe import Recipe
from evaluators.training.suitable_recipe import RecipeOptions, recipe_for
from experiments.one_line import errors_in_one_line
from experiments.own_space import RESULTS, load
from experiments.own_space_networks import DRAWS_BY_DATA, configuration_of
from experiments.own_space_training import SHORT, parts
from prototypenas.progress import Silent
from prototypenas.types import Candidate

STEPS = 1_500
TRAINING = 10_000
HELD_OUT = 2_000
SEEDS = (0, 1)
FAMILIES: Mapping[str, tuple[str, str]] = {
    "cifar10": ("mobilenet_v2", "mbednet"),
    "digits": ("mobilenet_v2", "mbednet"),
    "sisfall": ("inceptiontime", "mbednet_1d"),
}
PLACE = 4
"""Of the network among its family, in order of FLOPs."""
FIXED: Mapping[str, Augmentation] = {
    "cifar10": Augmentation(shift=4, flip=True),
    "digits": Augmentation(shift=2, rotation_degrees=10.0, scale=0.1),
    "sisfall": Augmentation(shift=128, scale=0.3, noise=0.1),
}
COLUMNS = ("data", "network", "recipe", "seed", "accuracy", "int8_accuracy", "cpu_seconds")


@dataclass(frozen=True)
class Training:
    """One training of the comparison."""

    data: str
    network: str
    recipe: str
    """`derived` or `fixed`."""
    seed: int


def trainings(data: str) -> Iterator[Training]:
    """Return all trainings of a data set, both recipes of a network in turn."""
    table = load(data)
    for seed in SEEDS:
        for family in FAMILIES[data]:
            networks = table[table["architecture"] == family].sort_values("flops")["network"]
            for recipe in ("derived", "fixed"):
                yield Training(data, str(networks.iloc[PLACE]), recipe, seed)


def compared_data(loaded: ClassificationData, data: str) -> ClassificationData:
    """Part the training data into what is learnt and what is tested; the test part is left alone."""
    training, held_out = parts(loaded, replace(SHORT[data], images=TRAINING, held_out=HELD_OUT))
    return replace(loaded, train=training, test=held_out, train_groups=None, validation=None)


def recipe_of(name: str, data: ClassificationData, augmentation: Augmentation) -> Recipe:
    """Return one of the two recipes, both of about as many samples shown."""
    derived = recipe_for(data, RecipeOptions(steps=STEPS, early_stopping=0))
    if name == "derived":
        return derived
    samples = round(len(data.train) * (1 - derived.validation_share))
    batch = 128
    while batch > 16 and samples // batch < 40:
        batch //= 2
    epochs = math.ceil(derived.steps(len(data.train)) * derived.batch_size / (samples // batch * batch))
    return Recipe(epochs=epochs, batch_size=batch, validation_share=derived.validation_share, augmentation=augmentation)


def trained(training: Training, data: ClassificationData) -> dict[str, object]:
    """Train, prune, quantize and test one network; give its row."""
    draw = DRAWS_BY_DATA[training.data]
    row = load(training.data).set_index("network").loc[training.network].to_dict()
    configuration = configuration_of({**row, "network": training.network})
    evaluator = TaskEvaluator(ClassificationTask(data), recipe_of(training.recipe, data, FIXED[training.data]))
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        found = evaluator.evaluate(
            Candidate(0, configuration),
            draw.pool[configuration.architecture],
            directory=Path(folder),
            seed=training.seed,
            device="cpu",
            progress=Silent(),
        )
    return {
        "data": training.data,
        "network": training.network,
        "recipe": training.recipe,
        "seed": training.seed,
        "accuracy": round(found.float_score, 4),
        "int8_accuracy": round(found.int8_score, 4),
        "cpu_seconds": round(time.process_time() - began, 1),
    }


def summary(rows: pd.DataFrame) -> str:
    """Return the Markdown table: means over networks and seeds, and in how many pairs the derived recipe wins."""
    lines = ["| data | derived [%] | fixed [%] | wins | CPU seconds, derived / fixed |", "|---|--:|--:|--:|--:|"]
    for data, part in rows.groupby("data", sort=False):
        pairs = part.pivot(index=["network", "seed"], columns="recipe", values="int8_accuracy").dropna()
        seconds = part.groupby("recipe")["cpu_seconds"].mean()
        wins = int((pairs["derived"] > pairs["fixed"]).sum())
        lines.append(
            f"| {data} | {100 * pairs['derived'].mean():.1f} | {100 * pairs['fixed'].mean():.1f} "
            f"| {wins} of {len(pairs)} | {seconds['derived']:.0f} / {seconds['fixed']:.0f} |"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what is missing, then print the table."""
    parser = argparse.ArgumentParser(description="The derived recipe against the one before it.")
    parser.add_argument("--data", nargs="+", choices=sorted(FAMILIES), default=list(FAMILIES))
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=RESULTS / "recipes.csv")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    known = ["data", "network", "recipe", "seed"]
    done = set(pd.read_csv(options.out)[known].itertuples(index=False, name=None)) if options.out.exists() else set()
    for data in options.data:
        missing = [one for one in trainings(data) if (one.data, one.network, one.recipe, one.seed) not in done]
        if missing:
            shape = DRAWS_BY_DATA[data].input_shape
            loaded = with_classes(DATASETS[data].load(options.data_dir, download=False, input_shape=shape))
            compared = compared_data(loaded, data)
        for one in missing:
            row = trained(one, compared)
            new = not options.out.exists()
            with options.out.open("a", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
                if new:
                    writer.writeheader()
                writer.writerow(row)
            print(*row.values(), flush=True)
    print(summary(pd.read_csv(options.out)))


if __name__ == "__main__":
    with errors_in_one_line():
        main()
