"""Pre-training on a folder of pictures."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from evaluators.classification import ClassificationTask
from evaluators.datasets.picture_folder import load_picture_folder
from evaluators.datasets.samples import ClassificationData, Samples
from evaluators.training.checkpoints import load_whole
from evaluators.training.job import run_job
from evaluators.training.keeper import PruningPlan, TrainingJob
from evaluators.training.pruning_schedule import PruningSchedule
from evaluators.training.recipe import Recipe
from evaluators.training.suitable_recipe import RecipeOptions, recipe_for
from prototypenas.errors import ConfigurationError, DatasetError
from prototypenas.progress import Progress
from prototypenas.protocols import Baseline
from prototypenas.runs.records import Arguments
from prototypenas.types import Configuration, InputShape

BEST = "checkpoint.pt"


@dataclass(frozen=True)
class PicturePretraining:
    """Pictures that are nobody's test data, and how networks are trained to tell their classes."""

    folder: Path
    pictures: ClassificationData
    recipe: Recipe
    threads: int = 1
    """That one training computes on; the last bits of its weights depend on them."""

    @property
    def input_shape(self) -> InputShape:
        """What the networks see."""
        return self.pictures.input_shape

    def arguments(self) -> Arguments:
        """Return what a run directory records."""
        digest = self.pictures.digest()
        return {"pretrain": str(self.folder), "pretrain_epochs": self.recipe.epochs, "pretrain_digest": digest}

    def summary(self) -> str:
        """Count pictures and classes."""
        pictures = self.pictures
        return f"pre-training on {self.folder}: {len(pictures.train):,} pictures of {pictures.num_classes} classes"

    def identity(self, configuration: Configuration, seed: int) -> str:
        """Return a few characters that follow from pictures, recipe, threads, configuration and seed."""
        parts = (self.pictures.digest(), self.recipe, self.threads, configuration, seed)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]

    def train(
        self,
        configuration: Configuration,
        baseline: Baseline,
        *,
        directory: Path,
        seed: int,
        device: str,
        progress: Progress,
    ) -> None:
        """Train a network as the selected ones are, without pruning; a killed training continues.

        Raises:
            TrainingError: if the loss stops being finite.
            RunDirectoryError: if `directory` holds a damaged file.
        """
        directory.mkdir(parents=True, exist_ok=True)
        job = TrainingJob(
            title=f"pre-train {configuration.architecture}",
            phase="train",
            task=ClassificationTask(self.pictures),
            recipe=self.recipe,
            seed=seed,
            device=device,
            directory=directory,
            fingerprint=self.identity(configuration, seed),
            progress=progress,
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = baseline(configuration, self.input_shape, self.pictures.num_classes)
            run_job(job, network, PruningPlan(PruningSchedule(), ()))

    def weights(self, directory: Path) -> Mapping[str, Tensor]:
        """Read the weights of the best epoch back.

        Raises:
            RunDirectoryError: if the file is damaged.
        """
        weights: Mapping[str, Tensor] = load_whole(directory / BEST)["network"]
        return weights


def pretraining_on(folder: Path, data: ClassificationData, *, epochs: int, threads: int = 1) -> PicturePretraining:
    """Read all pictures of a folder, one subfolder a class, at the size that the networks for `data` see.

    Raises:
        ConfigurationError: if `data` are series.
        DatasetError: if the folder is missing or no such folder, or holds pictures that `data` is tested on.
    """
    if not data.is_image:
        raise ConfigurationError(f"{data.name} are series: no pictures can pre-train networks for them")
    if not folder.is_dir():
        raise DatasetError(f"{folder} is no folder; pre-training takes pictures, one subfolder a class")
    parts = load_picture_folder(folder, name=folder.name, input_shape=data.input_shape)
    pictures = replace(parts, train=_joined(parts.train, parts.test), split="all")
    known = len(_contents(pictures.train) & _contents(data.test))
    if known:
        raise DatasetError(f"{folder} holds {known} pictures that {data.name} is tested on; take them out of it")
    return PicturePretraining(folder, pictures, recipe_for(pictures, RecipeOptions(epochs=epochs)), threads)


def _joined(first: Samples, second: Samples) -> Samples:
    return Samples(torch.cat((first.inputs, second.inputs)), torch.cat((first.targets, second.targets)))


def _contents(samples: Samples) -> set[bytes]:
    return {hashlib.sha256(image.numpy().tobytes()).digest() for image in samples.inputs}
