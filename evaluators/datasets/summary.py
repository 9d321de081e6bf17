"""What a report shows of a loaded data set; training samples only."""

import torch

from evaluators.datasets.samples import ClassificationData, Samples
from prototypenas.runs.dataset_summary import DatasetSummary, first_of_each

IMAGE_CLASSES, IMAGES_EACH = 20, 8
"""What fits a contact sheet that is still looked at."""
SERIES_CLASSES = 12


def summary_of(data: ClassificationData) -> DatasetSummary:
    """Count the classes and take some training samples of each, the same ones every time."""
    classes, each = (IMAGE_CLASSES, IMAGES_EACH) if data.is_image else (SERIES_CLASSES, 1)
    places = first_of_each(data.train.targets.tolist(), classes=classes, each=each)
    shown = data.train.at(torch.tensor(places))
    return DatasetSummary(
        name=data.name,
        input_shape=data.input_shape,
        split=data.split,
        classes=data.classes,
        train_counts=_counts(data.train, data.num_classes),
        test_counts=_counts(data.test, data.num_classes),
        samples=shown.inputs.numpy(),
        sample_classes=tuple(shown.targets.tolist()),
    )


def _counts(samples: Samples, classes: int) -> tuple[int, ...]:
    return tuple(torch.bincount(samples.targets, minlength=classes).tolist())
