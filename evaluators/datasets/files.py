"""Finding a data set's files, and saying what is wrong when they are not there."""

import contextlib
import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

from prototypenas.errors import DatasetError


def existing_folder(data_dir: Path | None, name: str, *, download: bool, homepage: str) -> Path:
    """Give the data folder, made where `download` will fill it.

    Raises:
        DatasetError: if none was given or it does not exist.
    """
    hint = f"get {name} from {homepage}"
    if data_dir is None:
        raise DatasetError(f"{name} needs a data folder (--data-dir); {hint} or use --download")
    if download:
        data_dir.mkdir(parents=True, exist_ok=True)
    if not data_dir.is_dir():
        raise DatasetError(f"data folder {data_dir} does not exist; {hint} or use --download")
    return data_dir


def torchvision_set(kind: str, folder: Path, name: str, *, download: bool, homepage: str, **options: Any) -> Any:
    """Open the data set of that class in `torchvision.datasets` without a word on the terminal.

    Raises:
        DatasetError: if files are missing, fail their checksum or cannot be read.
    """
    from torchvision import datasets  # noqa: PLC0415  (takes as long as torch; most commands read no pictures)

    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            # torchvision's CIFAR reader meets a deprecation of numpy's unpickler in the publisher's own files.
            warnings.simplefilter("ignore", category=Warning)
            return getattr(datasets, kind)(root=str(folder), download=download, **options)
    except (RuntimeError, OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DatasetError(
            f"{name} cannot be read from {folder}: {error}; get it from {homepage} or use --download"
        ) from error


def required_file(path: Path, name: str, homepage: str) -> Path:
    """Give the path if it is a file with content.

    Raises:
        DatasetError: if it is missing or empty.
    """
    if not path.is_file():
        raise DatasetError(f"{path} of {name} is missing; get the set from {homepage}")
    if path.stat().st_size == 0:
        raise DatasetError(f"{path} of {name} is empty; get the set from {homepage}")
    return path
