"""Finding a data set's files, and saying what is wrong when they are not there."""

import contextlib
import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

from prototypenas.errors import DatasetError


def existing_folder(
    data_dir: Path | None, name: str, *, download: bool = False, homepage: str, downloadable: bool = False
) -> Path:
    """Return the data folder, made where `download` will fill it; `downloadable` sets are offered `--download`.

    Raises:
        DatasetError: if none was given, it does not exist, or it cannot be made.
    """
    hint = f"get {name} from {homepage}" + (" or use --download" if downloadable else "")
    if data_dir is None:
        raise DatasetError(f"{name} needs a data folder (--data-dir); {hint}")
    if download:
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatasetError(f"data folder {data_dir} cannot be made: {error.strerror}") from error
    if not data_dir.is_dir():
        raise DatasetError(f"data folder {data_dir} does not exist; {hint}")
    return data_dir


def torchvision_set(
    kind: str, folder: Path, name: str, *, download: bool, homepage: str, downloadable: bool = True, **options: Any
) -> Any:
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
        hint = f"get it from {homepage}" + (" or use --download" if downloadable else "")
        raise DatasetError(f"{name} cannot be read from {folder}: {error}; {hint}") from error


def required_file(path: Path, name: str, homepage: str) -> Path:
    """Return the path if it is a file with content.

    Raises:
        DatasetError: if it is missing or empty.
    """
    if not path.is_file():
        raise DatasetError(f"{path} of {name} is missing; get the set from {homepage}")
    if path.stat().st_size == 0:
        raise DatasetError(f"{path} of {name} is empty; get the set from {homepage}")
    return path
