"""What a report shows of a loaded data set and of its training; training samples only."""

import numpy as np
import torch
from numpy.typing import NDArray

from evaluators.augmentation import Augmentation
from evaluators.datasets.samples import ClassificationData, Samples
from evaluators.training.recipe import Recipe
from evaluators.training.suitable_recipe import described
from prototypenas.runs.dataset_summary import DatasetSummary, first_of_each

IMAGE_CLASSES, IMAGES_EACH = 20, 8
"""What fits a contact sheet that is still looked at."""
SERIES_CLASSES = 12


def summary_of(data: ClassificationData, recipe: Recipe) -> DatasetSummary:
    """Count the classes and take some training samples of each, the same ones every time, plain and as `recipe` varies
    them."""
    classes, each = (IMAGE_CLASSES, IMAGES_EACH) if data.is_image else (SERIES_CLASSES, 1)
    places = first_of_each(data.train.targets.tolist(), classes=classes, each=each)
    shown = data.train.at(torch.tensor(places))
    return DatasetSummary(
        name=data.name,
        input_shape=data.input_shape,
        split=data.split,
        reading=data.reading,
        classes=data.classes,
        train_counts=_counts(data.train, data.num_classes),
        test_counts=_counts(data.test, data.num_classes),
        samples=shown.inputs.numpy(),
        sample_classes=tuple(shown.targets.tolist()),
        training=described(recipe, data),
        varied=_varied(shown, recipe.augmentation),
    )


def _varied(shown: Samples, augmentation: Augmentation) -> NDArray[np.generic] | None:
    if augmentation == Augmentation():
        return None
    varied = augmentation(shown.inputs, torch.Generator().manual_seed(0))
    stored = varied if shown.inputs.is_floating_point() else varied.round().to(shown.inputs.dtype)
    return np.asarray(stored.numpy())


def _counts(samples: Samples, classes: int) -> tuple[int, ...]:
    return tuple(torch.bincount(samples.targets, minlength=classes).tolist())
