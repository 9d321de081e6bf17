"""Picture files as bytes in the network's input, kept beside the data so that they are decoded once."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from evaluators.datasets.pictures import DECODING_THREADS
from prototypenas.detection.letterbox import PADDING, Letterbox
from prototypenas.errors import ConfigurationError, DatasetError, RunDirectoryError
from prototypenas.runs.atomic_files import written_whole
from prototypenas.types import InputShape

FORM = 1
"""Of the prepared file; another number makes them anew."""

MAPPED_BYTES = 2**30
"""Prepared pictures above this size stay on disk and are read batch by batch."""


def picture_size(path: Path, name: str) -> tuple[int, int]:
    """Read height and width from a picture's header, as it is stored: a rotation in its EXIF data is not applied.

    Raises:
        DatasetError: if the file is missing or no picture.
    """
    try:
        with Image.open(path) as picture:
            return picture.height, picture.width
    except FileNotFoundError as error:
        raise DatasetError(f"{path} of {name} is missing") from error
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError) as error:
        raise DatasetError(f"{path} of {name} is truncated or no image: {error}") from error


def letterboxed_pictures(
    paths: Sequence[Path], letterboxes: Sequence[Letterbox], shape: InputShape, *, folder: Path, name: str
) -> Tensor:
    """Decode pictures into inputs `(N, C, H, W)` uint8; a second call for the same files reads what the first kept.

    The prepared pictures lie in `folder` as `prepared-CxHxW-<digest>.npy`; a folder that cannot be written to only
    costs the time.

    Raises:
        DatasetError: naming the file that is truncated or no image.
        ConfigurationError: for other than one or three channels.
    """
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise ConfigurationError(f"images of {name} need an input shape 1xHxW or 3xHxW, not {shape}")
    digest = _digest(paths, shape)
    kept = folder / f"prepared-{'x'.join(map(str, shape))}-{digest}.npy"
    if kept.exists():
        return _read(kept, len(paths), shape)
    pixels = np.empty((len(paths), *shape), dtype=np.uint8)

    def decode(place: int) -> None:
        pixels[place] = _decoded(paths[place], letterboxes[place], shape, name)

    with ThreadPoolExecutor(DECODING_THREADS) as pool:
        for _ in pool.map(decode, range(len(paths))):
            pass
    _keep(pixels, kept)
    return torch.from_numpy(pixels)


def _digest(paths: Sequence[Path], shape: InputShape) -> str:
    digest = hashlib.sha256(repr((FORM, shape)).encode())
    for path in paths:
        found = path.stat()
        digest.update(f"{path.name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _read(path: Path, count: int, shape: InputShape) -> Tensor:
    try:
        # Copy on write, since PyTorch wants arrays that it may write to.
        pixels = np.load(path, mmap_mode="c" if path.stat().st_size > MAPPED_BYTES else None, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DatasetError(f"{path} is damaged ({error}); remove it to decode the pictures again") from error
    if pixels.shape != (count, *shape) or pixels.dtype != np.uint8:
        raise DatasetError(f"{path} holds {pixels.dtype} {pixels.shape}; remove it to decode the pictures again")
    return torch.from_numpy(pixels)


def _keep(pixels: NDArray[np.uint8], path: Path) -> None:
    # Not kept where the disk is full or read-only, which only makes the next start slower.
    with suppress(RunDirectoryError), written_whole(path) as stream:
        np.save(stream, pixels)


def _decoded(path: Path, letterbox: Letterbox, shape: InputShape, name: str) -> NDArray[np.uint8]:
    mode = "RGB" if shape[0] == 3 else "L"
    size = (letterbox.width, letterbox.height)
    try:
        with Image.open(path) as picture:
            # JPEG decodes at a half, a quarter or an eighth where that is still large enough.
            picture.draft(mode, (2 * size[0], 2 * size[1]))
            fitted = picture.convert(mode).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError) as error:
        raise DatasetError(f"{path} of {name} is truncated or no image: {error}") from error
    inputs = np.full((*shape[1:], shape[0]), PADDING, dtype=np.uint8)
    rows = slice(letterbox.top, letterbox.top + letterbox.height)
    columns = slice(letterbox.left, letterbox.left + letterbox.width)
    inputs[rows, columns] = np.asarray(fitted, dtype=np.uint8).reshape(letterbox.height, letterbox.width, shape[0])
    return inputs.transpose(2, 0, 1)
