"""Pictures without labels, which a trained model is to look at."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from evaluators.datasets.boxed_pictures import BoxedPictures
from evaluators.datasets.letterboxed_pictures import letterboxed_pictures, picture_size
from evaluators.datasets.pictures import PICTURE_SUFFIXES, bits_of, read_pictures
from prototypenas.detection.letterbox import Letterbox
from prototypenas.types import InputShape

NAME = "the pictures"
"""What messages call them."""


def new_pictures(path: Path) -> tuple[Path, ...]:
    """Return the picture that a path is, or those that lie in a folder beside no subfolder; nothing otherwise."""
    if path.is_file():
        return (path,) if path.suffix.lower() in PICTURE_SUFFIXES else ()
    if not path.is_dir():
        return ()
    seen = [file for file in sorted(path.iterdir()) if not file.name.startswith(".")]
    if any(file.is_dir() for file in seen):
        return ()
    return tuple(file for file in seen if file.suffix.lower() in PICTURE_SUFFIXES)


def read_as_stored(paths: Sequence[Path], shape: InputShape) -> Tensor:
    """Read pictures as those of a picture folder are: uint8 `(N, C, H, W)`, cut to the shape's aspect.

    Raises:
        DatasetError: naming the file that is no picture.
    """
    return read_pictures(paths, shape, name=NAME, bits=bits_of(paths))


def read_letterboxed(paths: Sequence[Path], shape: InputShape) -> BoxedPictures:
    """Read pictures as a detector sees them, with no boxes.

    Raises:
        DatasetError: naming the file that is no picture.
    """
    letterboxes = tuple(Letterbox.of(picture_size(path, NAME), (shape[1], shape[2])) for path in paths)
    with tempfile.TemporaryDirectory() as folder:
        pictures = letterboxed_pictures(paths, letterboxes, shape, folder=Path(folder), name=NAME)
    return BoxedPictures(
        pictures,
        letterboxes,
        first=torch.zeros(len(paths) + 1, dtype=torch.int64),
        boxes=torch.zeros(0, 4),
        labels=torch.zeros(0, dtype=torch.int64),
        crowd=torch.zeros(0, dtype=torch.bool),
        area=torch.zeros(0),
        names=tuple(path.name for path in paths),
    )
