"""Anchor boxes: YOLOv5's scaled to the input, or fitted to the training boxes where those do not suit."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prototypenas.detection.head import Anchor
from prototypenas.errors import DatasetError

Levels = tuple[tuple[Anchor, ...], ...]

YOLOV5_ANCHORS: Levels = (
    ((10, 13), (16, 30), (33, 23)),
    ((30, 61), (62, 45), (59, 119)),
    ((116, 90), (156, 198), (373, 326)),
)
"""Pixels at an input of 640, finest level first (ultralytics/yolov5, models/yolov5n.yaml)."""

YOLOV5_SIDE = 640
RATIO = 4.0
"""A box and an anchor suit each other where no side is this many times the other's."""
RECALL_WANTED = 0.98
"""Below this share of suited boxes anchors are fitted; YOLOv5's rule."""


@dataclass(frozen=True)
class ChosenAnchors:
    """The anchors of each level in input pixels, and the share of training boxes that each choice suits."""

    levels: Levels
    fitted: bool
    scaled_recall: float
    recall: float


def scaled(anchors: Levels, side: int) -> Levels:
    """Scale anchors given at 640 pixels to an input whose longer edge is `side`."""
    factor = side / YOLOV5_SIDE
    return tuple(tuple((width * factor, height * factor) for width, height in level) for level in anchors)


def best_possible_recall(sizes: NDArray[np.floating], anchors: Levels, ratio: float = RATIO) -> float:
    """Return the share of boxes `(N, 2)`, width and height, that suit at least one anchor."""
    flat = np.array([anchor for level in anchors for anchor in level])
    quotient = np.asarray(sizes, np.float64)[:, None] / flat[None]
    worst = np.maximum(quotient, 1 / quotient).max(axis=2)
    return float((worst.min(axis=1) < ratio).mean())


def fitted(sizes: NDArray[np.floating], counts: Sequence[int], seed: int) -> Levels:
    """Cluster box sizes `(N, 2)` by k-means, widths and heights each in units of their deviation; small to large.

    Raises:
        DatasetError: if there are fewer boxes of different sizes than anchors.
    """
    from scipy.cluster.vq import kmeans2  # noqa: PLC0415  (only where the usual anchors do not suit)

    total = sum(counts)
    values = np.asarray(sizes, np.float64)
    if len(np.unique(values, axis=0)) < total:
        raise DatasetError(f"{len(values)} boxes are too few different ones to fit {total} anchors to")
    deviation = np.maximum(values.std(axis=0), 1e-9)
    centres, _ = kmeans2(values / deviation, total, minit="++", rng=np.random.default_rng(seed))
    ordered = sorted((centres * deviation).tolist(), key=lambda pair: pair[0] * pair[1])
    places = np.cumsum([0, *counts])
    return tuple(
        tuple((float(width), float(height)) for width, height in ordered[start:end])
        for start, end in itertools.pairwise(places)
    )


def chosen_anchors(sizes: NDArray[np.floating], side: int, *, seed: int = 0) -> ChosenAnchors:
    """Take YOLOv5's anchors scaled to the input, or fitted ones where the scaled do not suit enough boxes.

    `sizes` are widths and heights of the training boxes in input pixels, `(N, 2)`.
    """
    usual = scaled(YOLOV5_ANCHORS, side)
    recall = best_possible_recall(sizes, usual)
    if recall >= RECALL_WANTED:
        return ChosenAnchors(usual, False, recall, recall)
    own = fitted(sizes, [len(level) for level in usual], seed)
    found = best_possible_recall(sizes, own)
    if found <= recall:
        return ChosenAnchors(usual, False, recall, recall)
    return ChosenAnchors(own, True, recall, found)
