"""CIFAR-10 and CIFAR-100 in torchvision's layout."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from evaluators.datasets.files import existing_folder, torchvision_set
from evaluators.datasets.samples import ClassificationData, Samples, assembled
from prototypenas.errors import ConfigurationError, DatasetError
from prototypenas.types import InputShape

TRAINING_IMAGES, TEST_IMAGES = 50_000, 10_000

_HOMEPAGE = "https://www.cs.toronto.edu/~kriz/cifar.html"


@dataclass(frozen=True)
class Cifar:
    """60,000 colour 32x32 images, official split 50,000 / 10,000 (Krizhevsky 2009)."""

    classes: int = 10
    """10 or 100."""
    input_shape: InputShape = (3, 32, 32)
    needs_files: bool = True

    def __post_init__(self) -> None:
        if self.classes not in (10, 100):
            raise ConfigurationError(f"CIFAR has 10 or 100 classes, not {self.classes}")

    @property
    def name(self) -> str:
        """`cifar10` or `cifar100`."""
        return f"cifar{self.classes}"

    @property
    def description(self) -> str:
        """One line."""
        return f"CIFAR-{self.classes}: 60,000 colour 32x32 images (Krizhevsky 2009), {_HOMEPAGE}"

    def load(
        self, data_dir: Path | None, *, download: bool = False, input_shape: InputShape | None = None
    ) -> ClassificationData:
        """Read `cifar-10-batches-py` or `cifar-100-python` below `data_dir`; other sizes are enlarged batch by batch.

        Raises:
            DatasetError: if a file is missing or its checksum is not the published one.
        """
        folder = existing_folder(data_dir, self.name, download=download, homepage=_HOMEPAGE, downloadable=True)
        kind = f"CIFAR{self.classes}"
        parts, names = [], ()
        for train in (True, False):
            part = torchvision_set(kind, folder, self.name, download=download, homepage=_HOMEPAGE, train=train)
            names = tuple(part.classes)
            expected = TRAINING_IMAGES if train else TEST_IMAGES
            if len(part.targets) != expected:
                raise DatasetError(f"{folder} has {len(part.targets)} images where {self.name} has {expected}")
            images = torch.from_numpy(np.ascontiguousarray(np.asarray(part.data).transpose(0, 3, 1, 2)))
            parts.append(Samples(images, torch.as_tensor(part.targets)))
        return assembled(
            self.name,
            names,
            parts[0],
            parts[1],
            input_shape=input_shape or self.input_shape,
            split="official",
        )
