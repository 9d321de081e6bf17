"""The paper's section 4.3 and Fig. 5: persons in COCO, searched for a microcontroller or without limits.

    python -m experiments.coco_persons --data-dir ~/coco --size 128    # i.MX RT1062
    python -m experiments.coco_persons --data-dir ~/coco --size 320    # Raspberry Pi 5, no limits of RAM, ROM or FLOPs

COCO 2017 (19 GB) comes from cocodataset.org. 64,115 pictures and 100 epochs a model want a GPU (`--device cuda`): at
128 pixels one core would need about ten hours a model. `--subset` trains on a share of the pictures. Second-hand, the
paper reaches a mAP50 of about 0.4 at 128 and above 0.5 at 320.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from rich.console import Console

from evaluators.datasets.boxed_pictures import DetectionData
from evaluators.datasets.coco_persons import CocoPersons
from evaluators.detection.box_augmentation import BoxAugmentation
from evaluators.detection.detection_task import detection_evaluator, detection_task
from evaluators.evaluator import TaskEvaluator
from evaluators.tasks import summary_for
from evaluators.training.suitable_recipe import RecipeOptions
from experiments.one_line import errors_in_one_line
from experiments.paper_experiment import PaperExperiment, settings_of
from prototypenas.app.catalogue import gather
from prototypenas.app.composition import compose_choice, compose_machine
from prototypenas.app.exploring import compose_run
from prototypenas.app.settings import DeviceSettings
from prototypenas.errors import ConfigurationError
from prototypenas.pipeline import run
from prototypenas.reporting.console import print_table
from prototypenas.reporting.report_data import ModelResult
from prototypenas.reporting.shown_progress import progress_on
from prototypenas.reporting.tables import final_table
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.steps import Training
from search_spaces import DETECTION_POOL

TARGETS: Mapping[int, str] = {128: "imxrt1062", 320: "raspberry-pi-5"}
"""By the edge of the input; the second has no limits."""
PICTURES, BOXES = (64_115, 2_693), (262_465, 11_004)
"""In training and in test, as known of COCO 2017."""


def persons_experiment(size: int) -> PaperExperiment:
    """Return one of Fig. 5's two experiments."""
    return PaperExperiment(
        "coco-persons",
        DETECTION_POOL,
        (3, size, size),
        f"paper-coco-persons-{size}",
        search_classes=1,
        target=TARGETS[size],
        task="detection",
    )


def persons_evaluator(data: DetectionData, epochs: int) -> TaskEvaluator:
    """Return the evaluator with the paper's epochs and YOLOv5's augmentation, mosaics of all pictures included."""
    evaluator = detection_evaluator(data, RecipeOptions(epochs=epochs))
    return replace(evaluator, task=detection_task(data, BoxAugmentation()))


def subset_of(data: DetectionData, share: float) -> DetectionData:
    """Keep a share of the training pictures by a fixed seed.

    Raises:
        ConfigurationError: for a share outside 0 to 1, or one that leaves no picture.
    """
    count = round(share * len(data.train))
    if not 0 < share <= 1 or count < 1:
        raise ConfigurationError(f"a share of {share} of {len(data.train)} pictures; above 0 and at most 1 is needed")
    order = torch.randperm(len(data.train), generator=torch.Generator().manual_seed(0))
    return replace(data, train=data.train.at(order[:count].sort().values))


def differences(data: DetectionData) -> list[str]:
    """Say where the counts are not those known of COCO 2017."""
    found = []
    for part, pictures, boxes, name in zip((data.train, data.test), PICTURES, BOXES, ("training", "test"), strict=True):
        seen = (len(part), int(part.learnable.sum()))
        if seen != (pictures, boxes):
            known = f"COCO 2017 has {pictures:,} and {boxes:,}"
            found.append(f"{name}: {seen[0]:,} pictures and {seen[1]:,} persons; {known}")
    return found


def main(arguments: Sequence[str] | None = None) -> list[ModelResult]:
    """Run an experiment from the command line; run again, it continues, or prints the finished result."""
    options = _parser().parse_args(arguments)
    console = Console()
    experiment = replace(persons_experiment(options.size), trials=options.trials, epochs=options.epochs)
    directory = RunDirectory.create(options.out or Path("runs") / experiment.run_name)
    whole = CocoPersons().load(options.data_dir, input_shape=experiment.input_shape)
    for line in differences(whole):
        console.print(f"warning: {line}")
    data = subset_of(whole, options.subset)
    evaluator = persons_evaluator(data, experiment.epochs)
    training = Training(
        experiment.dataset,
        evaluator,
        experiment.architectures,
        {"epochs": experiment.epochs, "subset": options.subset, "data_digest": data.digest()},
        seed=options.seed,
        device=options.device,
        summary=summary_for(evaluator),
    )
    settings, device = settings_of(experiment, options.seed), DeviceSettings(jobs=options.jobs, device=options.device)
    search = compose_run(gather(), settings, device)
    choice = compose_choice(settings.selection, settings.search.preset, options.seed)
    machine = compose_machine(device, proxy_timeout=settings.search.proxy_timeout)
    with directory.locked(), progress_on(console) as progress:
        models = run(directory, search, choice, training, machine, progress=progress)
    print_table(console, final_table(models))
    return models


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="The paper's experiment on persons in COCO 2017.")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder with images/ and annotations/")
    parser.add_argument("--size", type=int, choices=sorted(TARGETS), default=128, help="edge of the input")
    parser.add_argument("--subset", type=float, default=1.0, help="share of the training pictures")
    parser.add_argument("--out", type=Path, help="run directory (runs/paper-coco-persons-SIZE)")
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, help="processes of the search (all cores)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:<number>, for training")
    return parser


if __name__ == "__main__":
    with errors_in_one_line():
        main()
