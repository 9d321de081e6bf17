import numpy as np
import pytest
import torch

from evaluators.datasets.boxed_pictures import BoxedPictures
from prototypenas.detection.letterbox import Letterbox


def boxed(rng: np.random.Generator, count: int, *, side: int = 64, classes: int = 1, most: int = 5) -> BoxedPictures:
    """Random pictures with random boxes, now and then a crowd."""
    counts = rng.integers(0, most + 1, count)
    corners = rng.uniform(0, side - 3, (counts.sum(), 2))
    sides = rng.uniform(3, side, (counts.sum(), 2))
    boxes = np.concatenate([corners, np.minimum(corners + sides, side)], axis=1)
    return BoxedPictures(
        torch.from_numpy(rng.integers(0, 256, (count, 3, side, side), dtype=np.uint8)),
        (Letterbox.of((2 * side, 2 * side), (side, side)),) * count,
        torch.from_numpy(np.concatenate([[0], counts.cumsum()])),
        torch.from_numpy(boxes.astype(np.float32)),
        torch.from_numpy(rng.integers(0, classes, len(boxes))),
        torch.from_numpy(rng.random(len(boxes)) < 0.15),
        torch.from_numpy((4 * np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)).astype(np.float32)),
        tuple(f"picture {number}" for number in range(count)),
    )


@pytest.fixture
def some_pictures():
    return boxed
