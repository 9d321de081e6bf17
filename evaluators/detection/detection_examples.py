"""The test pictures that a report shows of a detector, and its precision at every recall."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from evaluators.datasets.boxed_pictures import BoxedPictures
from evaluators.detection.average_precision import mistakes, precision_curve
from evaluators.detection.detections import Detections
from prototypenas.runs.detection_results import DetectionResults

EACH = 4
"""Of the best, of the middling and of the worst pictures."""


def detection_examples(
    in_float: Sequence[Detections],
    in_int8: Sequence[Detections],
    part: BoxedPictures,
    threshold: float,
) -> DetectionResults:
    """Choose pictures by the number of mistakes above a score, and keep what is drawn of them.

    A box not found is a mistake, and so is a detection of nothing.
    """
    shown = [one.above(threshold) for one in in_int8]
    places = _chosen(np.array([mistakes(one, part, place) for place, one in enumerate(shown)]))
    some = part.at(torch.as_tensor(places))
    return DetectionResults(
        some.pictures.numpy(),
        np.concatenate([_truth(some, number) for number in range(len(places))]),
        np.concatenate([_rows(shown[place], part, place, number) for number, place in enumerate(places)]),
        precision_curve(in_float, part),
        precision_curve(in_int8, part),
    )


def _chosen(wrong: NDArray[np.int64]) -> list[int]:
    order: list[int] = np.argsort(wrong, kind="stable").tolist()
    if len(order) <= 3 * EACH:
        return order
    middle = (len(order) - EACH) // 2
    return [*order[:EACH], *order[middle : middle + EACH], *order[-EACH:]]


def _truth(part: BoxedPictures, number: int) -> NDArray[np.float32]:
    start, end = part.first[number : number + 2].tolist()
    kept = part.learnable[start:end].numpy()
    boxes, labels = part.boxes[start:end].numpy()[kept], part.labels[start:end].numpy()[kept]
    return _table(number, labels, np.ones(len(labels)), boxes)


def _rows(one: Detections, part: BoxedPictures, place: int, number: int) -> NDArray[np.float32]:
    return _table(number, one.labels, one.scores, part.letterboxes[place].forward(one.boxes))


def _table(
    number: int, labels: NDArray[np.int64], scores: NDArray[np.float64], boxes: NDArray[np.floating]
) -> NDArray[np.float32]:
    columns = [np.full(len(labels), number), labels, scores]
    return np.concatenate([np.stack(columns, axis=1), boxes.reshape(-1, 4)], axis=1).astype(np.float32)
