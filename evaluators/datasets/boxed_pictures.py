"""Pictures with boxes in memory: what every loader of a detection set gives and every training of a detector takes."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prototypenas.detection.letterbox import Letterbox
from prototypenas.errors import DatasetError
from prototypenas.types import InputShape


@dataclass(frozen=True, eq=False)
class BoxedPictures:
    """Pictures in the network's input, with their boxes one after the other."""

    pictures: Tensor
    """`(N, C, H, W)` uint8, letterboxed."""
    letterboxes: tuple[Letterbox, ...]
    """Where each picture lies in its input."""
    first: Tensor
    """`(N + 1,)` int64: the boxes of picture n are those from `first[n]` to `first[n + 1]`."""
    boxes: Tensor
    """`(M, 4)` float32, corners in input pixels."""
    labels: Tensor
    """`(M,)` int64, class numbers."""
    crowd: Tensor
    """`(M,)` bool: regions that are no target, and in which no detection counts as wrong."""
    area: Tensor
    """`(M,)` float32, in pixels of the original picture."""
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def content(self) -> Tensor:
        """Corners of each picture in its input, without padding, `(N, 4)` int64."""
        corners = [(one.left, one.top, one.left + one.width, one.top + one.height) for one in self.letterboxes]
        return torch.tensor(corners, dtype=torch.int64, device=self.boxes.device).view(-1, 4)

    @cached_property
    def owners(self) -> Tensor:
        """Number of the picture each box is in, `(M,)` int64."""
        return torch.repeat_interleave(torch.arange(len(self), device=self.boxes.device), self.first.diff())

    @property
    def learnable(self) -> Tensor:
        """Which boxes are targets: all but crowds, `(M,)` bool."""
        return ~self.crowd

    def at(self, indices: Tensor | NDArray[np.int64]) -> "BoxedPictures":
        """Return the pictures at these places, in this order."""
        places = torch.as_tensor(indices, device=self.first.device)
        counts = self.first.diff()[places]
        first = torch.cat((counts.new_zeros(1), counts.cumsum(0)))
        within = torch.arange(int(first[-1]), device=self.first.device) - torch.repeat_interleave(first[:-1], counts)
        chosen = torch.repeat_interleave(self.first[places], counts) + within
        numbers = places.tolist()
        return BoxedPictures(
            self.pictures.index_select(0, places.to(self.pictures.device)),
            tuple(self.letterboxes[number] for number in numbers),
            first,
            self.boxes[chosen],
            self.labels[chosen],
            self.crowd[chosen],
            self.area[chosen],
            tuple(self.names[number] for number in numbers),
        )

    def batches(self, batch_size: int) -> "Iterator[BoxedPictures]":
        """Return all pictures in order, the last batch smaller."""
        for start in range(0, len(self), batch_size):
            yield self.at(torch.arange(start, min(start + batch_size, len(self))))

    def to(self, device: str | torch.device) -> "BoxedPictures":
        """Return the same pictures on a device."""
        boxes, labels, crowd, area = (part.to(device) for part in (self.boxes, self.labels, self.crowd, self.area))
        pictures, first = self.pictures.to(device), self.first.to(device)
        return BoxedPictures(pictures, self.letterboxes, first, boxes, labels, crowd, area, self.names)


@dataclass(frozen=True, eq=False)
class DetectionData:
    """A detection set with its fixed split."""

    name: str
    classes: tuple[str, ...]
    train: BoxedPictures
    test: BoxedPictures
    split: str
    """How training and test were parted, in words, for the report."""
    flip: bool = True
    """Whether a mirrored picture is still one of the set; digits and text are not."""
    notes: tuple[str, ...] = ()
    """What was left out when the files were read."""
    reading: str = ""
    """In what form the user's own files were read, in words."""

    @property
    def input_shape(self) -> InputShape:
        """What the network sees."""
        return tuple(self.train.pictures.shape[1:])

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.classes)

    def digest(self) -> str:
        """Equal for equal pictures, boxes, classes and split."""
        digest = hashlib.sha256(repr((self.classes, self.input_shape, self.flip)).encode())
        for part in (self.train, self.test):
            digest.update("\n".join(part.names).encode())
            for tensor in (part.pictures, part.first, part.boxes, part.labels, part.crowd):
                digest.update(np.ascontiguousarray(tensor.numpy()).data)
        return digest.hexdigest()[:16]


def assembled_detection(
    name: str,
    classes: Sequence[str],
    train: BoxedPictures,
    test: BoxedPictures,
    *,
    split: str,
    flip: bool = True,
    notes: Sequence[str] = (),
) -> DetectionData:
    """Put a detection set together and check that it can be learnt from.

    Raises:
        DatasetError: for no class, an empty part, a part without a box, or pictures that are in both parts.
    """
    if not classes:
        raise DatasetError(f"{name} names no class; a detection set needs at least one")
    for part, pictures in (("training", train), ("test", test)):
        if not len(pictures):
            raise DatasetError(f"the {part} part of {name} is empty")
        if not bool(pictures.learnable.any()):
            raise DatasetError(f"the {part} part of {name} has no box that is to be found")
    shared = sorted(set(train.names) & set(test.names))
    if shared:
        raise DatasetError(
            f"{len(shared)} pictures of {name} are in training and in test, {shared[0]} among them; part them, or "
            "name only training: then a fifth is held out"
        )
    return DetectionData(name, tuple(classes), train, test, split, flip, tuple(notes))
