"""The IDX form of MNIST and its likes: `train-images-idx3-ubyte.gz` and `train-labels-idx1-ubyte.gz`."""

import gzip
import re
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluators.datasets.own_data.arrays import dataset_from_arrays, roles_of
from evaluators.datasets.reading import Reading
from evaluators.datasets.samples import ClassificationData
from prototypenas.errors import DatasetError

NAME = re.compile(r".*[.-]idx\d-u?byte(\.gz)?")
KINDS = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def is_idx_folder(path: Path) -> bool:
    """Whether a folder holds IDX files."""
    return path.is_dir() and any(NAME.fullmatch(child.name.lower()) for child in path.iterdir())


def open_idx(path: Path, reading: Reading) -> ClassificationData:
    """Read the images and labels of a folder; `t10k` is the test part.

    Raises:
        DatasetError: if a file is truncated or no IDX, or images or labels are missing.
    """
    files = sorted(child for child in path.iterdir() if NAME.fullmatch(child.name.lower()))
    if len({_stem(file) for file in files}) < len(files):
        files = [file for file in files if file.suffix != ".gz"]  # packed and unpacked side by side
    arrays = {_stem(file).replace("t10k", "test"): read_idx(file) for file in files}
    return dataset_from_arrays(path, roles_of(path, arrays), reading, "IDX files")


def read_idx(path: Path) -> NDArray[np.generic]:
    """Read one file, packed with gzip or not.

    Raises:
        DatasetError: if it is truncated or no IDX.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path} is no whole gzip file: {error}") from error
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in KINDS or len(content) < 4 + 4 * content[3]:
        raise DatasetError(f"{path} is no IDX file: it begins with {content[:4].hex()}")
    shape = tuple(np.frombuffer(content, ">u4", content[3], offset=4).tolist())
    kind = np.dtype(KINDS[content[2]])
    expected = int(np.prod(shape, dtype=object)) * kind.itemsize
    if len(content) - 4 - 4 * content[3] != expected:
        raise DatasetError(f"{path} is truncated: {shape} needs {expected} bytes")
    values = np.frombuffer(content, kind, offset=4 + 4 * content[3]).reshape(shape)
    return values.astype(kind.newbyteorder("="))


def _stem(path: Path) -> str:
    return path.name.lower().removesuffix(".gz")
