"""COCO's average precision, by torchmetrics and faster-coco-eval, in pixels of the original pictures.

YOLOv5's own figure interpolates the precision otherwise and lies about a point above this one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from evaluators.datasets.boxed_pictures import BoxedPictures
from evaluators.detection.detections import Detections
from prototypenas.detection.boxes import pairwise_iou

IOU = 0.5
LIMITS = [1, 10, 100]
"""Detections a picture that COCO looks at."""


@dataclass(frozen=True)
class AveragePrecision:
    """Shares in `[0, 1]`; `None` where no box is of that size."""

    map50: float
    small: float | None
    medium: float | None
    large: float | None
    """By the area of the true box in pixels: below 32 squared, to 96 squared, above."""
    map50_95: float | None
    """Mean over overlaps from 0.5 to 0.95; only where asked for."""
    recall: float
    """Of at most 100 detections a picture, at an overlap of 0.5."""


def average_precision(
    found: Iterable[Detections], part: BoxedPictures, *, all_overlaps: bool = False
) -> AveragePrecision:
    """Hold detections, one entry a picture, against the boxes of a part; crowds are neither right nor wrong."""
    at_half = _computed(found := list(found), part, [IOU])
    strict = _computed(found, part, None) if all_overlaps else {}
    # Of classes without a box the metric is -1.
    return AveragePrecision(
        map50=max(0.0, at_half["map_50"]),
        small=_known(at_half["map_small"]),
        medium=_known(at_half["map_medium"]),
        large=_known(at_half["map_large"]),
        map50_95=_known(strict.get("map", -1.0)),
        recall=max(0.0, at_half["mar_100"]),
    )


def precision_and_recall(found: Iterable[Detections], part: BoxedPictures, threshold: float) -> tuple[float, float]:
    """Return the share of detections above a score that are right, and the share of boxes that they find.

    Greedy, strongest first, at an overlap of 0.5; a detection on a crowd is left out. Without any detection the
    precision is 0.
    """
    right = wrong = 0
    for place, one in enumerate(found):
        kept = one.scores >= threshold
        hits, misses = _matched(one.boxes[kept], one.labels[kept], part, place)
        right, wrong = right + hits, wrong + misses
    boxes = int(part.learnable.sum())
    return right / max(1, right + wrong), right / max(1, boxes)


def _matched(boxes: NDArray[np.float64], labels: NDArray[np.int64], part: BoxedPictures, place: int) -> tuple[int, int]:
    start, end = part.first[place : place + 2].tolist()
    truth = part.letterboxes[place].inverse(part.boxes[start:end].double().numpy())
    overlap = pairwise_iou(boxes, truth)
    same = labels[:, None] == part.labels[start:end].numpy()[None]
    crowd = part.crowd[start:end].numpy()
    free = ~crowd
    right = wrong = 0
    for row, fits in zip(overlap, same, strict=True):
        open_boxes = np.where(free & fits, row, 0.0)
        if len(open_boxes) and open_boxes.max() >= IOU:
            free[open_boxes.argmax()] = False
            right += 1
        elif not (row[crowd & fits] > 0).any():
            wrong += 1
    return right, wrong


def _computed(found: list[Detections], part: BoxedPictures, overlaps: list[float] | None) -> dict[str, float]:
    # Imports pandas and more; only those who train detectors need it.
    from torchmetrics.detection import MeanAveragePrecision  # noqa: PLC0415

    metric = MeanAveragePrecision(
        backend="faster_coco_eval",
        iou_thresholds=overlaps,
        # The metric's own are float32: where a recall meets one exactly, COCO's tools decide otherwise.
        rec_thresholds=np.linspace(0, 1, 101).tolist(),
        max_detection_thresholds=LIMITS,
        box_format="xyxy",
    )
    metric.warn_on_many_detections = False
    predictions = [
        {
            "boxes": torch.from_numpy(one.boxes),
            "scores": torch.from_numpy(one.scores),
            "labels": torch.from_numpy(one.labels),
        }
        for one in found
    ]
    metric.update(predictions, [_truth(part, place) for place in range(len(part))])
    return {name: float(value) for name, value in metric.compute().items() if value.numel() == 1}


def _truth(part: BoxedPictures, place: int) -> dict[str, torch.Tensor]:
    start, end = part.first[place : place + 2].tolist()
    boxes = part.letterboxes[place].inverse(part.boxes[start:end].double().numpy())
    return {
        "boxes": torch.from_numpy(boxes),
        "labels": part.labels[start:end],
        "iscrowd": part.crowd[start:end].long(),
        "area": part.area[start:end].double(),
    }


def _known(value: float) -> float | None:
    return None if value < 0 else value
