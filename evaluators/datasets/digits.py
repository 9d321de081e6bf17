"""scikit-learn's handwritten digits: real, tiny, always at hand."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from evaluators.datasets.samples import ClassificationData, Samples, assembled
from evaluators.datasets.splits import stratified_split
from prototypenas.errors import ConfigurationError
from prototypenas.types import InputShape

SPLIT_SEED = 20
"""Fixes the 80/20 split for good; figures of different runs are of the same test images."""


@dataclass(frozen=True)
class Digits:
    """1,797 grey 8x8 images of the ten digits (UCI optical recognition test set), embedded in scikit-learn."""

    description: str = "handwritten digits, 1,797 grey 8x8 images embedded in scikit-learn"
    classes: int = 10
    input_shape: InputShape = (1, 32, 32)
    needs_files: bool = False

    def load(
        self, data_dir: Path | None = None, *, download: bool = False, input_shape: InputShape | None = None
    ) -> ClassificationData:
        """Enlarge 8x8 to the input shape bilinearly; hold out a stratified fifth for test.

        Raises:
            ConfigurationError: if the input shape has other than one channel.
        """
        shape = input_shape or self.input_shape
        if len(shape) != 3 or shape[0] != 1:
            raise ConfigurationError(f"digits are grey images; an input shape 1xHxW is needed, not {shape}")
        from sklearn.datasets import load_digits  # noqa: PLC0415  (takes a second; only those who load digits need it)

        bundle = load_digits()
        small = torch.as_tensor(np.asarray(bundle.images) * (255 / 16), dtype=torch.float32)[:, None]
        images = functional.interpolate(small, size=shape[1:], mode="bilinear", align_corners=False)
        labels = np.asarray(bundle.target, dtype=np.int64)
        samples = Samples(images.round().to(torch.uint8), torch.as_tensor(labels))
        train, test = stratified_split(labels, 0.2, seed=SPLIT_SEED)
        return assembled(
            "digits",
            [str(digit) for digit in range(10)],
            samples.at(train),
            samples.at(test),
            split="80/20 within each digit, fixed seed; no official split",
        )
