"""What to do about well-known data in a form that is not read."""

import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path

MOST_LOOKED_AT = 2_000
"""Files of a folder whose names are looked at."""


def _any(pattern: str) -> Callable[[list[str]], bool]:
    known = re.compile(pattern, re.ASCII | re.IGNORECASE)
    return lambda names: any(known.fullmatch(name) for name in names)


HINTS: tuple[tuple[Callable[[list[str]], bool], str], ...] = (
    (
        _any(r"data_batch_\d|test_batch|batches\.meta"),
        "these are CIFAR's pickles, which would run code: `prototypenas run cifar10 --data-dir FOLDER` reads them "
        "after a look at their digests, with FOLDER the one that holds cifar-10-batches-py",
    ),
    (
        _any(r"[DF]\d\d_S[AE]\d\d_R\d\d\.txt"),
        "these are recordings of SisFall: `prototypenas run sisfall --data-dir FOLDER` reads them, from the "
        "archive too, with FOLDER the one that holds it",
    ),
    (
        _any(r".*\.mat"),
        "MATLAB's files are not read: load them with scipy.io.loadmat and save samples x of shape (N, H, W, 3), "
        "(N, H, W) or (N, T, C) and labels y with numpy.savez (SVHN's x, y: X.transpose(3, 0, 1, 2), y.ravel() % 10)",
    ),
    (
        _any(r".*\.(pkl|pickle|pt|pth)"),
        "pickles would run code and are not read: save samples x and labels y with numpy.savez",
    ),
    (_any(r".*\.(h5|hdf5)"), "HDF5 is not read: save samples x and labels y with numpy.savez"),
    (_any(r".*\.(mp3|flac|ogg|m4a)"), "of sounds, WAV is read: convert them, as with `ffmpeg -i a.mp3 a.wav`"),
    (_any(r".*\.(xls|xlsx)"), "of tables, CSV and Parquet are read: save the sheet as CSV"),
    (_any(r".*\.(rar|7z)"), "of archives, .zip and .tar are read: unpack it"),
    (_any(r".*\.arff"), "ARFF is not read: the archives of time series have the same as .ts"),
)


def hint_for(path: Path) -> str:
    """Say what to do about a path that no form recognises; empty where its names are not known."""
    files = (found for found in path.rglob("*") if found.is_file()) if path.is_dir() else iter((path,))
    names = [found.name for found in islice(files, MOST_LOOKED_AT)]
    return next((hint for recognises, hint in HINTS if recognises(names)), "")
