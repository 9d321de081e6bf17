"""Boxes as corners `(x1, y1, x2, y2)`, in pixels, in float."""

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]


def corners(boxes: NDArray[np.floating]) -> Boxes:
    """Turn COCO's `(x, y, width, height)` with the upper left corner into corners; `(..., 4)`."""
    values = np.asarray(boxes, np.float64)
    return np.concatenate([values[..., :2], values[..., :2] + values[..., 2:]], axis=-1)


def clipped(boxes: NDArray[np.floating], height: float, width: float) -> Boxes:
    """Cut boxes to a picture."""
    limits = np.array([width, height, width, height], np.float64)
    return np.clip(np.asarray(boxes, np.float64), 0, limits)


def areas(boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the areas of boxes `(..., 4)`."""
    sides = np.maximum(0, np.asarray(boxes, np.float64)[..., 2:] - np.asarray(boxes, np.float64)[..., :2])
    product: NDArray[np.float64] = sides.prod(axis=-1)
    return product


def pairwise_iou(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return intersection over union of all pairs, `(N, M)`; 0 where both are empty."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.maximum(0, high - low).prod(axis=2)
    union = areas(first)[:, None] + areas(second)[None] - shared
    share: NDArray[np.float64] = np.divide(shared, union, out=np.zeros_like(union), where=union > 0)
    return share
