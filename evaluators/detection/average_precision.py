"""COCO's average precision, by torchmetrics and faster-coco-eval, in pixels of the original pictures.

YOLOv5's own figure interpolates the precision otherwise and lies about a point above this one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from evaluators.datasets.boxed_pictures import BoxedPictures
from evaluators.detection.detections import Detections
from prototypenas.detection.boxes import pairwise_iou

IOU = 0.5
LIMITS = [1, 10, 100]
"""Detections a picture that COCO looks at."""
RIGHT, WRONG, IGNORED = 1, 0, -1


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
    kept = [one.above(threshold) for one in found]
    right = np.concatenate([_verdicts(one, part, place) for place, one in enumerate(kept)])
    hits = int((right == RIGHT).sum())
    return hits / max(1, int((right != IGNORED).sum())), hits / max(1, int(part.learnable.sum()))


def best_threshold(found: Iterable[Detections], part: BoxedPictures) -> tuple[float, float]:
    """Return the least score to keep detections from for the greatest F1, and that F1; 1 and 0 where none is right.

    `found` holds the detections of one picture each, of whatever score, suppressed already.
    """
    every = list(found)
    scores = np.concatenate([one.scores for one in every])
    verdicts = np.concatenate([_verdicts(one, part, place) for place, one in enumerate(every)])
    scores, verdicts = scores[verdicts != IGNORED], verdicts[verdicts != IGNORED]
    order = np.argsort(-scores, kind="stable")
    scores, hits = scores[order], (verdicts[order] == RIGHT).cumsum()
    if not len(hits) or not hits[-1]:
        return 1.0, 0.0
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + int(part.learnable.sum()))
    # Equal scores are kept together or not at all.
    f1[:-1][scores[1:] == scores[:-1]] = 0.0
    best = int(f1.argmax())
    return float(scores[best]), float(f1[best])


def mistakes(one: Detections, part: BoxedPictures, place: int) -> int:
    """Count the detections of nothing and the boxes not found in one picture, at an overlap of 0.5."""
    start, end = part.first[place : place + 2].tolist()
    verdicts = _verdicts(one, part, place)
    missed = int(part.learnable[start:end].sum()) - int((verdicts == RIGHT).sum())
    return int((verdicts == WRONG).sum()) + missed


def precision_curve(found: Iterable[Detections], part: BoxedPictures) -> NDArray[np.float64]:
    """Return the interpolated precision at each of COCO's 101 recalls, the mean over classes, at an overlap of 0.5."""
    precision = _metric(list(found), part, [IOU], extended=True).compute()["precision"][0, :, :, 0, -1].double()
    known = precision > -1
    curve: NDArray[np.float64] = (precision.where(known, 0.0).sum(1) / known.sum(1).clamp(min=1)).numpy()
    return curve


def _verdicts(one: Detections, part: BoxedPictures, place: int) -> NDArray[np.int8]:
    """Judge the detections of a picture, strongest first: `RIGHT`, `WRONG`, or `IGNORED` on a crowd."""
    start, end = part.first[place : place + 2].tolist()
    truth = part.letterboxes[place].inverse(part.boxes[start:end].double().numpy())
    overlap = pairwise_iou(one.boxes, truth)
    same = one.labels[:, None] == part.labels[start:end].numpy()[None]
    crowd = part.crowd[start:end].numpy()
    free = ~crowd
    verdicts = np.full(len(one.boxes), WRONG, np.int8)
    for number, (row, fits) in enumerate(zip(overlap, same, strict=True)):
        open_boxes = np.where(free & fits, row, 0.0)
        if len(open_boxes) and open_boxes.max() >= IOU:
            free[open_boxes.argmax()] = False
            verdicts[number] = RIGHT
        elif (row[crowd & fits] > 0).any():
            verdicts[number] = IGNORED
    return verdicts


def _computed(found: list[Detections], part: BoxedPictures, overlaps: list[float] | None) -> dict[str, float]:
    values = _metric(found, part, overlaps).compute()
    return {name: float(value) for name, value in values.items() if value.numel() == 1}


def _metric(
    found: list[Detections], part: BoxedPictures, overlaps: list[float] | None, *, extended: bool = False
) -> Any:
    # Imports pandas and more; only those who train detectors need it.
    from torchmetrics.detection import MeanAveragePrecision  # noqa: PLC0415

    metric = MeanAveragePrecision(
        backend="faster_coco_eval",
        iou_thresholds=overlaps,
        # The metric's own are float32: where a recall meets one exactly, COCO's tools decide otherwise.
        rec_thresholds=np.linspace(0, 1, 101).tolist(),
        max_detection_thresholds=LIMITS,
        box_format="xyxy",
        extended_summary=extended,
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
    return metric


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
