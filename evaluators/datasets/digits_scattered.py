"""Digits scattered over a noisy canvas: a detection set that needs no files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from evaluators.datasets.boxed_pictures import BoxedPictures, DetectionData, assembled_detection
from evaluators.datasets.digits import SPLIT_SEED
from evaluators.datasets.splits import stratified_split
from prototypenas.detection.boxes import pairwise_iou
from prototypenas.detection.letterbox import Letterbox
from prototypenas.errors import ConfigurationError
from prototypenas.types import InputShape

TRAINING, TEST = 1200, 300
"""Pictures."""
MOST = 4
"""Digits on a picture."""
USUAL_SIDE = 64
NOISE = 60
"""Of 255; digits are brighter."""
ATTEMPTS = 20


@dataclass(frozen=True)
class ScatteredDigits:
    """scikit-learn's digits, one to four a picture, two to four times as large, with tight boxes."""

    classes: int = 1
    """10, or 1 where only "digit" is to be found."""
    description: str = "one to four handwritten digits with boxes on a noisy 64x64 canvas, made of scikit-learn's"
    input_shape: InputShape = (1, USUAL_SIDE, USUAL_SIDE)
    needs_files: bool = False

    def load(
        self, data_dir: Path | None = None, *, download: bool = False, input_shape: InputShape | None = None
    ) -> DetectionData:
        """Scatter the digits of a fixed split, by a fixed seed; digits of test pictures are in no training picture.

        Raises:
            ConfigurationError: if the input shape has other than one channel, or an edge below 32.
        """
        shape = input_shape or self.input_shape
        if len(shape) != 3 or shape[0] != 1 or min(shape[1:]) < 32:
            raise ConfigurationError(f"scattered digits are grey; 1xHxW from 32 pixels on is needed, not {shape}")
        from sklearn.datasets import load_digits  # noqa: PLC0415  (takes a second; only those who load digits need it)

        bundle = load_digits()
        images, labels = np.asarray(bundle.images, np.float32) / 16, np.asarray(bundle.target, np.int64)
        train, test = stratified_split(labels, 0.2, seed=SPLIT_SEED)
        several = self.classes > 1
        parts = [
            _scattered(images[places], labels[places] * several, shape, count=count, name=name, seed=seed)
            for seed, (places, count, name) in enumerate(((train, TRAINING, "training"), (test, TEST, "test")))
        ]
        return assembled_detection(
            "digits-scattered" if not several else "digits-scattered-10",
            [str(digit) for digit in range(10)] if several else ["digit"],
            *parts,
            split="pictures of different digits, 80/20 within each digit, fixed seed",
            flip=False,
        )


def _scattered(
    images: NDArray[np.float32], labels: NDArray[np.int64], shape: InputShape, *, count: int, name: str, seed: int
) -> BoxedPictures:
    rng = np.random.default_rng(seed)
    _, height, width = shape
    pictures = rng.integers(0, NOISE, (count, 1, height, width), dtype=np.uint8)
    boxes: list[list[int]] = []
    numbers: list[int] = []
    counts = []
    for picture in pictures:
        placed: list[list[int]] = []
        for _ in range(rng.integers(1, MOST + 1)):
            digit = int(rng.integers(len(images)))
            box = _paste(images[digit], picture[0], placed, rng)
            if box is not None:
                placed.append(box)
                numbers.append(int(labels[digit]))
        boxes += placed
        counts.append(len(placed))
    flat = torch.tensor(boxes, dtype=torch.float32).view(-1, 4)
    return BoxedPictures(
        torch.from_numpy(pictures),
        (Letterbox.of((height, width), (height, width)),) * count,
        torch.cat((torch.zeros(1, dtype=torch.int64), torch.tensor(counts).cumsum(0))),
        flat,
        torch.tensor(numbers),
        torch.zeros(len(flat), dtype=torch.bool),
        (flat[:, 2:] - flat[:, :2]).prod(dim=1),
        tuple(f"{name} {number}" for number in range(count)),
    )


def _paste(
    image: NDArray[np.float32], canvas: NDArray[np.uint8], placed: list[list[int]], rng: np.random.Generator
) -> list[int] | None:
    """Enlarge a digit and put it where it touches no other; `None` where no place was found."""
    side = round(8 * rng.uniform(2, 4) * min(canvas.shape) / USUAL_SIDE)
    large = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR))
    rows, columns = np.nonzero(large > 0.2)
    tight = large[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    height, width = tight.shape
    for _ in range(ATTEMPTS):
        top, left = int(rng.integers(canvas.shape[0] - height + 1)), int(rng.integers(canvas.shape[1] - width + 1))
        box = [left, top, left + width, top + height]
        if not placed or pairwise_iou(np.array([box], float), np.array(placed, float)).max() == 0:
            region = canvas[top : top + height, left : left + width]
            region[:] = np.maximum(region, (255 * np.clip(tight, 0, 1)).astype(np.uint8))
            return box
    return None
