"""Image files into one tensor of bytes."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from prototypenas.errors import ConfigurationError, DatasetError
from prototypenas.types import InputShape

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".webp", ".tif", ".tiff"})

DECODING_THREADS = 4
"""Pillow decodes outside the interpreter's lock."""


def read_pictures(paths: Sequence[Path], shape: InputShape, *, name: str) -> Tensor:
    """Read images as uint8 `(N, C, H, W)`: cut centrally to the shape's aspect, then shrunk or enlarged.

    One channel gives grey, three give colour; transparency is dropped.

    Raises:
        DatasetError: naming the file that is missing, truncated or no image.
        ConfigurationError: for other than one or three channels.
    """
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise ConfigurationError(f"images of {name} need an input shape 1xHxW or 3xHxW, not {shape}")
    pixels = np.empty((len(paths), *shape), dtype=np.uint8)

    def read(place: int) -> None:
        pixels[place] = _read_picture(paths[place], shape, name)

    with ThreadPoolExecutor(DECODING_THREADS) as pool:
        for _ in pool.map(read, range(len(paths))):
            pass
    return torch.from_numpy(pixels)


def _read_picture(path: Path, shape: InputShape, name: str) -> NDArray[np.uint8]:
    channels, height, width = shape
    try:
        with Image.open(path) as picture:
            converted = picture.convert("RGB" if channels == 3 else "L")
    except FileNotFoundError as error:
        raise DatasetError(f"{path} of {name} is missing") from error
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError) as error:
        raise DatasetError(f"{path} of {name} is truncated or no image: {error}") from error
    fitted = ImageOps.fit(converted, (width, height), Image.Resampling.BILINEAR)
    values = np.asarray(fitted, dtype=np.uint8)
    return values.transpose(2, 0, 1) if channels == 3 else values[None]
