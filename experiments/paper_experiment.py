"""The paper's three steps on one of its data sets, with the paper's settings; what `experiments/<data set>.py` call."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from evaluators import DATASETS
from prototypenas.app.catalogue import gather
from prototypenas.app.composition import compose_choice, compose_machine
from prototypenas.app.exploring import compose_run
from prototypenas.app.run_settings import InputSettings, RunSettings
from prototypenas.app.settings import (
    DataSettings,
    DeviceSettings,
    SearchSettings,
    SelectionSettings,
    TargetSettings,
    TrainingSettings,
)
from prototypenas.app.training_composition import compose_training, load_data
from prototypenas.pipeline import run
from prototypenas.protocols import Baseline
from prototypenas.reporting.console import print_table
from prototypenas.reporting.report_data import ModelResult
from prototypenas.reporting.shown_progress import progress_on
from prototypenas.reporting.tables import final_table
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.types import InputShape
from search_spaces import IMAGE_POOL, TIME_SERIES_POOL

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
    task: str | None = None
    """`detection`; `None` is told from the input's shape."""


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
    settings = settings_of(replace(experiment, trials=options.trials, epochs=options.epochs), options.seed)
    settings = replace(
        settings,
        data=DataSettings(data_dir=options.data_dir, download=options.download),
        training=replace(settings.training, pretrain=options.pretrain, pretrain_epochs=options.pretrain_epochs),
    )
    catalogue = gather()
    size, device = settings.input.input_size, DeviceSettings(jobs=options.jobs, device=options.device)
    data = load_data(catalogue, experiment.dataset, settings.data, input_size=size)
    training = compose_training(
        catalogue,
        data,
        experiment.dataset,
        settings.data,
        settings.training,
        input_size=size,
        seed=options.seed,
        device=options.device,
    )
    search = compose_run(catalogue, settings, device)
    directory = RunDirectory.create(options.out or Path("runs") / experiment.run_name)
    console = Console()
    with directory.locked(), progress_on(console) as progress:
        choice = compose_choice(settings.selection, settings.search.preset, options.seed)
        machine = compose_machine(device, proxy_timeout=settings.search.proxy_timeout)
        models = run(directory, search, choice, training, machine, progress=progress)
    print_table(console, final_table(models))
    return models


def settings_of(experiment: PaperExperiment, seed: int) -> RunSettings:
    """Return the paper's settings: its proxies, its evolutionary selection in all objectives, its number of epochs.

    Its batch size and learning rate are lost; these are common values.
    """
    return RunSettings(
        input=InputSettings(
            task=experiment.task or ("image" if len(experiment.input_shape) == 3 else "time-series"),
            input_size="x".join(str(number) for number in experiment.input_shape),
            classes=experiment.search_classes,
            seed=seed,
        ),
        target=TargetSettings(target=experiment.target),
        search=SearchSettings(
            trials=experiment.trials,
            architectures=",".join(experiment.architectures),
            preset="paper",
        ),
        selection=SelectionSettings(keep=str(experiment.keep)),
        training=TrainingSettings(epochs=experiment.epochs, batch_size=128, learning_rate=0.05, early_stopping=0),
    )


def _parser(experiment: PaperExperiment) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=f"The paper's experiment on {experiment.dataset}.")
    parser.add_argument("--data-dir", type=Path, help="folder of the data set, in its publisher's form")
    parser.add_argument("--download", action="store_true", help="fetch the data set where that is possible")
    parser.add_argument("--out", type=Path, help=f"run directory (runs/{experiment.run_name})")
    parser.add_argument("--trials", type=int, default=experiment.trials)
    parser.add_argument("--epochs", type=int, default=experiment.epochs)
    parser.add_argument("--pretrain", type=Path, help="folder of pictures by class to pre-train on")
    parser.add_argument("--pretrain-epochs", type=int, help="epochs of that")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, help="processes of the search (all cores)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:<number>, for training")
    return parser
