"""The paper's three steps on one of its data sets, with the paper's settings; what `experiments/<data set>.py` call."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from evaluators import DATASETS
from evaluators.classification import classification_evaluator
from evaluators.datasets.samples import ClassificationData
from evaluators.pretraining import PicturePretraining, pretraining_on
from evaluators.reference_classifiers import ReferenceClassifiers
from evaluators.training.suitable_recipe import RecipeOptions
from evaluators.training.summary import summary_of
from prototypenas.costing.targets import load_targets
from prototypenas.exploration.candidate_evaluation import ExplorationTask
from prototypenas.exploration.space import SearchSpace
from prototypenas.pipeline import Choice, Machine, Search, Training, run
from prototypenas.protocols import Baseline
from prototypenas.reporting.console import ProgressBars, print_table
from prototypenas.reporting.report_data import ModelResult
from prototypenas.reporting.tables import final_table
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.training.pretraining import DEFAULT_EPOCHS
from prototypenas.types import InputShape
from prototypenas.workers.process_pool import LocalProcesses
from proxies import PAPER_ENSEMBLE, PROXIES
from search_spaces import IMAGE_POOL, KERNELS, TIME_SERIES_POOL

PAPER_IMAGE_POOL: Mapping[str, Baseline] = {
    name: IMAGE_POOL[name] for name in ("mobilenet_v2", "resnet18", "squeezenet", "mbednet")
}
"""The four architectures the paper names."""


@dataclass(frozen=True)
class PaperExperiment:
    """One row of the paper's Table 2 or 3."""

    dataset: str
    architectures: Mapping[str, Baseline]
    input_shape: InputShape
    run_name: str
    """Folder under `runs/`; data sets of one name share one search, as the paper's image sets do."""
    search_classes: int
    """Classes of the networks that the search scores; each data set trains its own head."""
    target: str = "imxrt1062"
    trials: int = 500
    keep: int = 5
    epochs: int = 100


def image_experiment(dataset: str) -> PaperExperiment:
    """An image set of Table 2: 3x128x128, one search for all of them."""
    return PaperExperiment(dataset, PAPER_IMAGE_POOL, (3, 128, 128), "paper-images", search_classes=10)


def series_experiment(dataset: str) -> PaperExperiment:
    """A time-series set of Table 3, searched at its own channels and window."""
    source = DATASETS[dataset]
    return PaperExperiment(dataset, TIME_SERIES_POOL, source.input_shape, f"paper-{dataset}", source.classes)


def main(experiment: PaperExperiment, arguments: Sequence[str] | None = None) -> list[ModelResult]:
    """Run an experiment from the command line; run again, it continues, or prints the finished result."""
    options = _parser(experiment).parse_args(arguments)
    chosen = replace(experiment, trials=options.trials, epochs=options.epochs)
    console = Console()
    data = DATASETS[chosen.dataset].load(
        options.data_dir, download=options.download, input_shape=experiment.input_shape
    )
    directory = RunDirectory.create(options.out or Path("runs") / experiment.run_name)
    training = training_of(chosen, data, seed=options.seed, device=options.device)
    if options.pretrain is not None:
        training = pretrained(training, pretraining_on(options.pretrain, data, epochs=options.pretrain_epochs))
    with ProgressBars(console) as progress:
        models = run(
            directory,
            search_of(chosen, options.seed),
            Choice(keep=chosen.keep),
            training,
            Machine(LocalProcesses(options.jobs)),
            progress=progress,
        )
    print_table(console, final_table(models))
    return models


def paper_recipe(epochs: int) -> RecipeOptions:
    """Give the paper's number of epochs; its batch size and learning rate are lost, these are common values."""
    return RecipeOptions(epochs=epochs, batch_size=128, learning_rate=0.05, early_stopping=0)


def search_of(experiment: PaperExperiment, seed: int) -> Search:
    """Give step 1 with the paper's proxies."""
    target = load_targets()[experiment.target]
    task = ExplorationTask(
        experiment.architectures,
        {name: PROXIES[name] for name in PAPER_ENSEMBLE},
        experiment.input_shape,
        experiment.search_classes,
        target,
        target.budget,
        seed=seed,
    )
    kernels = {name: KERNELS[name] for name in experiment.architectures}
    return Search(task, SearchSpace(tuple(experiment.architectures), kernels), trials=experiment.trials, seed=seed)


def training_of(experiment: PaperExperiment, data: ClassificationData, *, seed: int, device: str) -> Training:
    """Give step 3 with the paper's quantization: after training for images, in training for series."""
    evaluator = classification_evaluator(data, paper_recipe(experiment.epochs))
    arguments = {"epochs": experiment.epochs, "data_digest": data.digest()}
    return Training(
        experiment.dataset,
        evaluator,
        experiment.architectures,
        arguments,
        seed=seed,
        device=device,
        summary=summary_of(data, evaluator.recipe),
        references=ReferenceClassifiers(data),
    )


def pretrained(training: Training, pretraining: PicturePretraining) -> Training:
    """Let the models begin with networks that have learnt other pictures, as the paper's do with ImageNet's."""
    return replace(training, pretraining=pretraining, arguments={**training.arguments, **pretraining.arguments()})


def _parser(experiment: PaperExperiment) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=f"The paper's experiment on {experiment.dataset}.")
    parser.add_argument("--data-dir", type=Path, help="folder of the data set, in its publisher's form")
    parser.add_argument("--download", action="store_true", help="fetch the data set where that is possible")
    parser.add_argument("--out", type=Path, help=f"run directory (runs/{experiment.run_name})")
    parser.add_argument("--trials", type=int, default=experiment.trials)
    parser.add_argument("--epochs", type=int, default=experiment.epochs)
    parser.add_argument("--pretrain", type=Path, help="folder of pictures by class to pre-train on")
    parser.add_argument("--pretrain-epochs", type=int, default=DEFAULT_EPOCHS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, help="processes of the search (all cores)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:<number>, for training")
    return parser
