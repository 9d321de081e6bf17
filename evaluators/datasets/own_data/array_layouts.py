"""What the axes and numbers of an array mean: pictures or series, and where the channels are."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluators.datasets.reading import Reading, ambiguous, checked_layout
from prototypenas.errors import DatasetError

LAYOUTS = {
    "NHW": "grey pictures",
    "NHWC": "pictures, channels last",
    "NCHW": "pictures, channels first",
    "NT": "series of one channel",
    "NTC": "series, channels last",
    "NCT": "series, channels first",
}
FLAT = re.compile(r"(?:(\d{1,4})x)?(\d{1,4})x(\d{1,4})")
"""`28x28` or `3x32x32`: each row is such a picture."""

PICTURE_CHANNELS = (1, 3, 4)
LONGER = 3
"""Time is the axis this many times as long as the other."""
SIDE = 8
"""Shortest side of a picture that is taken for one without being asked."""
SLIM = 4
"""Greatest ratio of its sides."""
FLAT_PIXELS = 196
"""Rows of at least so many grey values, of a square number, look like pictures (14x14 and above)."""
DEPTHS = (8, 10, 12, 14, 16)

Arrays = Mapping[str, NDArray[np.generic]]


def arranged(path: Path, arrays: Arrays, reading: Reading) -> tuple[dict[str, NDArray[np.generic]], str]:
    """Bring every part to pictures `(N, C, H, W)` uint8 or series `(N, C, T)` float32; also say in words what was read.

    Raises:
        DatasetError: if the axes or the range of the numbers can be read in several ways, or are neither.
    """
    first = next(iter(arrays.values()))
    for name, values in arrays.items():
        if values.dtype.kind not in "biuf":
            raise DatasetError(f"{path}: samples of {name} are {values.dtype}; numbers are needed")
        if values.shape[1:] != first.shape[1:]:
            raise DatasetError(f"{path}: samples are {first.shape[1:]}, but {values.shape[1:]} in the part {name}")
    layout = reading.layout
    if layout is None or not FLAT.fullmatch(layout):
        checked_layout(layout, {**LAYOUTS, "28x28": "rows that are such pictures"}, f"{path} with x {first.shape}")
    layout = layout or _layout(path, arrays, first.shape)
    shaped = {name: _in_order(path, values, layout) for name, values in arrays.items()}
    if layout in ("NT", "NTC", "NCT"):
        channels, steps = next(iter(shaped.values())).shape[1:]
        with np.errstate(over="ignore", invalid="ignore"):  # what float32 cannot hold is refused as infinite later
            series: dict[str, NDArray[np.generic]] = {
                name: np.ascontiguousarray(values, dtype=np.float32) for name, values in shaped.items()
            }
        return series, f"{layout}: series of {channels} channels and {steps} steps"
    pictures, words = as_bytes(path, shaped, reading.value_range)
    _, height, width = next(iter(pictures.values())).shape[1:]
    return dict(pictures), f"{layout}: pictures of {width}x{height}{words}"


def as_bytes(
    path: Path, pictures: Arrays, value_range: tuple[float, float] | None
) -> tuple[dict[str, NDArray[np.uint8]], str]:
    """Bring grey values of any kind to 0..255, all parts alike; also say how.

    Raises:
        DatasetError: for values that are not finite or of a range that could mean several things.
    """
    if any(not np.isfinite(values).all() for values in pictures.values()):
        raise DatasetError(f"{path} has pictures with values that are not finite (NaN or infinite)")
    low, high, whole = _range(pictures.values())
    if value_range is None:
        if all(values.dtype == np.uint8 for values in pictures.values()):
            return {name: np.ascontiguousarray(values, dtype=np.uint8) for name, values in pictures.items()}, ""
        value_range = _known_range(path, low, high, whole=whole)
    black, white = value_range
    if not (black <= low and high <= white):
        raise DatasetError(f"{path} has values {low:g}..{high:g}, outside --value-range {black:g}:{white:g}")
    scaled = {
        name: np.rint((values.astype(np.float32) - black) * (255 / (white - black))).astype(np.uint8)
        for name, values in pictures.items()
    }
    return scaled, f", values {black:g}..{white:g} brought to 0..255"


def _range(arrays: Iterable[NDArray[np.generic]]) -> tuple[float, float, bool]:
    low, high, whole = np.inf, -np.inf, True
    for values in arrays:
        numbers = values.astype(np.float32) if values.dtype.kind == "b" else values
        low, high = min(low, float(numbers.min())), max(high, float(numbers.max()))
        if values.dtype.kind == "f":
            whole = whole and bool((numbers == np.floor(numbers)).all())
    return low, high, whole


def _known_range(path: Path, low: float, high: float, *, whole: bool) -> tuple[float, float]:
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    if low >= 0 and high <= 255 and (whole or high > 128):
        return 0.0, 255.0
    if low >= 0 and whole and high < 2 ** DEPTHS[-1]:
        return 0.0, float(next(2**bits for bits in DEPTHS if high < 2**bits) - 1)
    if -1 <= low <= -0.5 and 0.5 <= high <= 1:
        return -1.0, 1.0
    raise ambiguous(
        f"{path} with pictures of values {low:g}..{high:g}",
        {
            f"--value-range {low:g}:{high:g}": "from the least to the greatest value that is there",
            "--value-range LOW:HIGH": "the values that stand for black and white",
        },
    )


def _layout(path: Path, arrays: Arrays, shape: tuple[int, ...]) -> str:
    if len(shape) == 2:
        return _layout_of_rows(path, arrays, shape)
    if len(shape) == 3:
        return _layout_of_planes(path, arrays, shape)
    if len(shape) == 4:
        return _layout_of_cubes(path, shape)
    raise DatasetError(f"{path} has x of shape {shape}; pictures are {_known('H')}; series are {_known('T')}")


def _layout_of_rows(path: Path, arrays: Arrays, shape: tuple[int, ...]) -> str:
    side = round(shape[1] ** 0.5)
    if side * side == shape[1] >= FLAT_PIXELS and _grey(arrays):
        raise ambiguous(
            f"{path} with x {shape}",
            {
                f"--layout {side}x{side}": f"each row is a grey picture of {side}x{side}",
                "--layout NT": f"each row is a series of {shape[1]} steps",
            },
        )
    return "NT"


def _layout_of_planes(path: Path, arrays: Arrays, shape: tuple[int, ...]) -> str:
    first, second = shape[1:]
    picture = min(first, second) >= SIDE and max(first, second) <= SLIM * min(first, second)
    if picture and _grey(arrays) and (first == second or _bytes(arrays)):
        return "NHW"
    if not (picture and _grey(arrays)) and not _bytes(arrays):
        if first >= LONGER * second:
            return "NTC"
        if second >= LONGER * first:
            return "NCT"
    raise ambiguous(
        f"{path} with x {shape}",
        {
            "--layout NHW": f"grey pictures, {first} high and {second} wide",
            "--layout NCT": f"series of {first} channels and {second} steps",
            "--layout NTC": f"series of {first} steps and {second} channels",
        },
    )


def _layout_of_cubes(path: Path, shape: tuple[int, ...]) -> str:
    _, first, second, third = shape
    last = third in PICTURE_CHANNELS and _picture_sides(first, second)
    before = first in PICTURE_CHANNELS and _picture_sides(second, third)
    if last != before:
        return "NHWC" if last else "NCHW"
    readings = {
        "--layout NHWC": f"pictures, {first} high and {second} wide, of {third} channels",
        "--layout NCHW": f"pictures, {second} high and {third} wide, of {first} channels",
    }
    if third == 1:
        readings |= {
            "--layout NTC": f"series of {first} steps and {second} channels",
            "--layout NCT": f"series of {first} channels and {second} steps",
        }
    raise ambiguous(f"{path} with x {shape}", readings)


def _picture_sides(height: int, width: int) -> bool:
    return min(height, width) >= SIDE and max(height, width) <= SLIM * min(height, width)


def _in_order(path: Path, values: NDArray[np.generic], layout: str) -> NDArray[np.generic]:
    """Return `(N, C, H, W)` without transparency, or `(N, C, T)`."""
    shape = values.shape
    flat = FLAT.fullmatch(layout)
    if flat:
        channels, height, width = (int(size or 1) for size in flat.groups())
        if int(np.prod(shape[1:])) != channels * height * width or 0 in (channels, height, width):
            raise DatasetError(f"{path} has x {shape}; --layout {layout} needs {channels * height * width} a sample")
        return values.reshape(len(values), channels, height, width)
    wanted = len(layout)
    if len(shape) == wanted + 1 and shape[-1] == 1:
        values = values[..., 0]
    if values.ndim != wanted:
        raise DatasetError(f"{path} has x of shape {shape}; --layout {layout} needs {wanted} axes")
    if layout in ("NHW", "NT"):
        return values[:, None]
    if layout == "NTC":
        return values.transpose(0, 2, 1)
    if layout == "NHWC":
        values = values.transpose(0, 3, 1, 2)
    return values[:, :3] if layout in ("NHWC", "NCHW") and values.shape[1] == 4 else values


def _grey(arrays: Arrays) -> bool:
    """Whether all numbers could be grey values."""
    if any(not np.isfinite(values).all() for values in arrays.values()):
        return False
    low, high, whole = _range(arrays.values())
    return low >= 0 and (high <= 1 or (high <= 255 and whole))


def _bytes(arrays: Arrays) -> bool:
    return all(values.dtype == np.uint8 for values in arrays.values())


def _known(axis: str) -> str:
    return ", ".join(f"{name} ({meaning})" for name, meaning in LAYOUTS.items() if axis in name)
