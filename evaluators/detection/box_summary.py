"""What a report shows of a detection set and of its training: pictures with their boxes, plain and varied."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evaluators.datasets.boxed_pictures import BoxedPictures
from evaluators.detection.assignment import Targets
from evaluators.detection.box_augmentation import targets_of
from evaluators.detection.detection_task import DetectionTask
from evaluators.training.recipe import Recipe
from prototypenas.runs.dataset_summary import BoxSummary, DatasetSummary

PICTURES = 16
"""What fits a sheet whose boxes can still be seen."""


def box_summary(task: DetectionTask, recipe: Recipe) -> DatasetSummary:
    """Count the boxes of each class and take the first training pictures, the same ones every time."""
    data = task.data
    shown = data.train.at(torch.arange(min(PICTURES, len(data.train))))
    varied, targets = task.augmentation(shown, torch.Generator().manual_seed(0))
    return DatasetSummary(
        name=data.name,
        input_shape=data.input_shape,
        split=data.split,
        classes=data.classes,
        train_counts=_counts(data.train, data.num_classes),
        test_counts=_counts(data.test, data.num_classes),
        samples=shown.pictures.numpy(),
        sample_classes=(0,) * len(shown),
        reading=data.reading,
        training=_described(task, recipe),
        varied=varied.round().to(torch.uint8).numpy(),
        boxes=BoxSummary(
            pictures=(len(data.train), len(data.test)),
            shown=_rows(targets_of(shown)),
            varied=_rows(targets),
            sides=_sides(data.train),
            notes=data.notes,
        ),
    )


def _described(task: DetectionTask, recipe: Recipe) -> str:
    samples = round(len(task.train) * (1 - recipe.validation_share))
    per_epoch = recipe.steps_per_epoch or max(1, samples // recipe.batch_size)
    anchors = task.anchors
    kind = (
        f"fitted to the boxes, since YOLOv5's scaled to the input suit {anchors.scaled_recall:.1%} only"
        if anchors.fitted
        else "YOLOv5's, scaled to the input"
    )
    return (
        f"{recipe.epochs * per_epoch:,} steps of {recipe.batch_size} pictures ({recipe.epochs} epochs), learning rate "
        f"{recipe.learning_rate:g}; {task.augmentation.mosaic:.0%} of the pictures are mosaics; anchors are {kind} and "
        f"suit {anchors.recall:.1%} of the training boxes"
    )


def _counts(part: BoxedPictures, classes: int) -> tuple[int, ...]:
    return tuple(torch.bincount(part.labels[part.learnable], minlength=classes).tolist())


def _rows(targets: Targets) -> NDArray[np.float32]:
    """Return picture, class and corners of each box, `(K, 6)`."""
    columns: Tensor = torch.cat((targets.owners[:, None], targets.labels[:, None], targets.boxes), dim=1)
    rows: NDArray[np.float32] = columns.float().numpy()
    return rows


def _sides(part: BoxedPictures) -> NDArray[np.float32]:
    """Return the square root of each training box's area, in input pixels."""
    boxes = part.boxes[part.learnable]
    sides: NDArray[np.float32] = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1).sqrt().numpy()
    return sides
