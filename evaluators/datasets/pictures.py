"""Image files into one tensor of bytes."""

import warnings
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

PICTURE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".ppm", ".pgm", ".pbm", ".webp", ".tif", ".tiff"}
)

DECODING_THREADS = 4
"""Pillow decodes outside the interpreter's lock."""

BEHIND_TRANSPARENCY = 128
"""Grey, so that neither a black nor a white drawing on nothing disappears."""

DEPTHS = (8, 10, 12, 14, 16)
"""Bits that cameras and scanners store a grey value in."""


def read_pictures(paths: Sequence[Path], shape: InputShape, *, name: str, bits: int = 8) -> Tensor:
    """Read images as uint8 `(N, C, H, W)`: cut centrally to the shape's aspect, then shrunk or enlarged.

    One channel gives grey, three give colour; transparent places show grey. Pictures are turned as their EXIF
    orientation says. `bits` is how many of a 16-bit picture's bits are used (see `bits_of`).

    Raises:
        DatasetError: naming the file that is missing, truncated, no image, or too large to decode safely.
        ConfigurationError: for other than one or three channels.
    """
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise ConfigurationError(f"images of {name} need an input shape 1xHxW or 3xHxW, not {shape}")
    pixels = np.empty((len(paths), *shape), dtype=np.uint8)

    def read(place: int) -> None:
        pixels[place] = _read_picture(paths[place], shape, name, bits)

    with warnings.catch_warnings(), ThreadPoolExecutor(DECODING_THREADS) as pool:
        # Pillow warns of odd metadata, which no pixel depends on; and of sizes near its limit, which are refused.
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        for _ in pool.map(read, range(len(paths))):
            pass
    return torch.from_numpy(pixels)


def bits_of(paths: Sequence[Path]) -> int:
    """Return the least usual depth that holds every value of the pictures with more than 8 bits; 8 where none has more.

    A file that cannot be read is left for `read_pictures` to name.
    """
    greatest = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in paths:
            try:
                with Image.open(path) as picture:
                    if _is_deep(picture):
                        greatest = max(greatest, int(np.asarray(picture).max()))
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
                continue
    return next((bits for bits in DEPTHS if greatest < 2**bits), DEPTHS[-1])


def _read_picture(path: Path, shape: InputShape, name: str, bits: int) -> NDArray[np.uint8]:
    channels, height, width = shape
    try:
        with Image.open(path) as picture:
            upright = ImageOps.exif_transpose(_shallow(picture, bits, path, name))
            converted = _opaque(upright).convert("RGB" if channels == 3 else "L")
    except FileNotFoundError as error:
        raise DatasetError(f"{path} of {name} is missing") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        limit = Image.MAX_IMAGE_PIXELS
        raise DatasetError(f"{path} of {name} has more than {limit} pixels; shrink it before ({error})") from error
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError) as error:
        raise DatasetError(f"{path} of {name} is truncated or no image: {error}") from error
    fitted = ImageOps.fit(converted, (width, height), Image.Resampling.BILINEAR)
    values = np.asarray(fitted, dtype=np.uint8)
    return values.transpose(2, 0, 1) if channels == 3 else values[None]


def _is_deep(picture: Image.Image) -> bool:
    return picture.mode == "F" or picture.mode.startswith("I")


def _shallow(picture: Image.Image, bits: int, path: Path, name: str) -> Image.Image:
    """Bring 16-bit grey to 8 bits, which Pillow would cut off at 255."""
    if not _is_deep(picture):
        return picture
    values = np.asarray(picture)
    if picture.mode == "F" and not bool(np.all(values == np.floor(values))):
        raise DatasetError(f"{path} of {name} holds fractions, not grey levels; save it with 8 or 16 bits")
    if values.min() < 0 or values.max() >= 2 ** DEPTHS[-1]:
        raise DatasetError(
            f"{path} of {name} holds {values.min()}..{values.max()}; grey levels of 16 bits are 0..65535"
        )
    reduced = Image.fromarray((values.astype(np.int64) >> (bits - 8)).clip(0, 255).astype(np.uint8))
    reduced.info["exif"] = picture.getexif().tobytes()
    return reduced


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.mode not in ("RGBA", "LA", "PA") and "transparency" not in picture.info:
        return picture
    seen = picture.convert("RGBA")
    behind = Image.new("RGBA", seen.size, (BEHIND_TRANSPARENCY,) * 3 + (255,))
    return Image.alpha_composite(behind, seen)
