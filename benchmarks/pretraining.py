"""What pre-training brings: one half of the digits' classes learnt from few pictures, with and without the other half.

    python -m benchmarks.pretraining

A network of width 0.4 learns the digits 0 to 4; MbedNets of width 0.2 and other depths and kernels then learn 5 to 9
from ten pictures each. About a minute on one core.
"""

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from evaluators.classification import ClassificationTask
from evaluators.datasets.digits import Digits
from evaluators.datasets.samples import ClassificationData, Samples
from evaluators.evaluator import TaskEvaluator
from evaluators.pretraining import PicturePretraining
from evaluators.training.recipe import Recipe
from evaluators.training.suitable_recipe import RecipeOptions, recipe_for
from prototypenas.progress import Silent
from prototypenas.protocols import Baseline
from prototypenas.training.pretraining import SharedNetwork, shared_configuration, started
from prototypenas.types import Candidate, Configuration, GroupConfiguration
from search_spaces.mbednet import build_mbednet

GROUP = GroupConfiguration(depth=2, kernel=3, stride=1, sparsity=0.3)
LARGE = Configuration("mbednet", 0.4, (GROUP, replace(GROUP, stride=2), replace(GROUP, stride=2), GROUP))
SMALL = (
    replace(LARGE, width=0.2),
    replace(LARGE, width=0.2, groups=tuple(replace(group, depth=1) for group in LARGE.groups)),
    replace(LARGE, width=0.2, groups=tuple(replace(group, kernel=5) for group in LARGE.groups)),
)


def some_classes(data: ClassificationData, first: int, *, each: int | None = None) -> ClassificationData:
    """Keep five classes, and so many training pictures of each."""
    return replace(
        data,
        classes=data.classes[first : first + 5],
        train=_of_classes(data.train, first, each),
        test=_of_classes(data.test, first, None),
    )


def _of_classes(samples: Samples, first: int, each: int | None) -> Samples:
    places = [(samples.targets == label).nonzero().squeeze(1)[:each] for label in range(first, first + 5)]
    kept = samples.at(torch.cat(places))
    return Samples(kept.inputs, kept.targets - first)


def accuracy(data: ClassificationData, configuration: Configuration, baseline: Baseline, seed: int) -> float:
    """Train on the few and test."""
    evaluator = TaskEvaluator(ClassificationTask(data), Recipe(epochs=20, batch_size=10, validation_share=0.0))
    candidate = Candidate(0, configuration)
    with tempfile.TemporaryDirectory() as folder:
        found = evaluator.evaluate(
            candidate, baseline, directory=Path(folder), seed=seed, device="cpu", progress=Silent()
        )
    return found.float_score


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare over seeds."""
    parser = argparse.ArgumentParser(description="What pre-training brings.")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args(arguments)
    digits = Digits().load(input_shape=(1, 16, 16))
    others = some_classes(digits, 0)
    pretraining = PicturePretraining(Path("digits"), others, recipe_for(others, RecipeOptions(epochs=15)))
    few = some_classes(digits, 5, each=10)
    largest = shared_configuration((LARGE, *SMALL), build_mbednet, others.input_shape)
    with tempfile.TemporaryDirectory() as folder:
        shared = SharedNetwork(largest, build_mbednet, Path(folder))
        pretraining.train(largest, build_mbednet, directory=shared.directory, seed=0, device="cpu", progress=Silent())
        begun = started(pretraining, shared)
    for name, configuration in zip(("as the large", "shallower", "larger kernels"), SMALL, strict=True):
        for start, baseline in (("from scratch", build_mbednet), ("pre-trained", begun)):
            scores = [100 * accuracy(few, configuration, baseline, seed) for seed in range(options.seeds)]
            spread = ", ".join(f"{score:.1f}" for score in scores)
            print(f"{name}, {start}: {statistics.mean(scores):.1f} % ({spread})")


if __name__ == "__main__":
    main()
