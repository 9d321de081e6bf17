"""What a report shows of a data set: classes, sizes, the split and a few training samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from prototypenas.errors import RunDirectoryError
from prototypenas.types import InputShape

SUMMARY_FILE = "dataset.npz"
"""Where a run directory keeps it, so that a report needs no data."""


@dataclass(frozen=True, eq=False)
class DatasetSummary:
    """A data set as a person wants to check it before hours of training."""

    name: str
    input_shape: InputShape
    """What the network sees."""
    split: str
    """How training and test were parted, in words."""
    classes: tuple[str, ...]
    train_counts: tuple[int, ...]
    """Training samples of each class."""
    test_counts: tuple[int, ...]
    samples: NDArray[np.generic]
    """Training samples as stored: images `(n, C, H, W)` uint8, series `(n, C, T)` float32."""
    sample_classes: tuple[int, ...]
    """Class number of each of them, ascending."""
    reading: str = ""
    """How a user's own files were understood, in words."""
    training: str = ""
    """How networks are trained on it, in words."""
    varied: NDArray[np.generic] | None = None
    """The same samples as training shows them to a network, each once; `None` where they are not varied."""


def write_summary(summary: DatasetSummary, folder: Path) -> None:
    """Write `dataset.npz` into a folder, whole or not at all.

    Raises:
        RunDirectoryError: if the disk is full or read-only.
    """
    draft = folder / (SUMMARY_FILE + ".draft")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as stream:
            np.savez_compressed(
                stream,
                name=np.asarray(summary.name),
                split=np.asarray(summary.split),
                reading=np.asarray(summary.reading),
                input_shape=np.asarray(summary.input_shape),
                classes=np.asarray(summary.classes),
                counts=np.asarray((summary.train_counts, summary.test_counts)),
                samples=summary.samples,
                sample_classes=np.asarray(summary.sample_classes, dtype=np.int64),
                training=np.asarray(summary.training),
                # None becomes an empty array: arrays of objects would need pickle.
                varied=summary.samples[:0] if summary.varied is None else summary.varied,
            )
        draft.replace(folder / SUMMARY_FILE)
    except OSError as error:
        raise RunDirectoryError(f"cannot write {folder / SUMMARY_FILE}: {error.strerror}") from error


def read_summary(folder: Path) -> DatasetSummary | None:
    """Read `dataset.npz` back; `None` where there is none.

    Raises:
        RunDirectoryError: if it is damaged.
    """
    path = folder / SUMMARY_FILE
    if not path.exists():
        return None
    try:
        # numpy leaves a file open that it cannot read, so it is opened here.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            return DatasetSummary(
                name=str(kept["name"]),
                input_shape=tuple(kept["input_shape"].tolist()),
                split=str(kept["split"]),
                reading=str(kept["reading"]),
                classes=tuple(kept["classes"].tolist()),
                train_counts=tuple(kept["counts"][0].tolist()),
                test_counts=tuple(kept["counts"][1].tolist()),
                samples=kept["samples"],
                sample_classes=tuple(kept["sample_classes"].tolist()),
                training=str(kept["training"]),
                varied=kept["varied"] if len(kept["varied"]) else None,
            )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise RunDirectoryError(f"{path} is damaged ({error}); remove it to report without the data") from error


def first_of_each(labels: Sequence[int], *, classes: int, each: int) -> list[int]:
    """Give the places of the first `each` samples of the first `classes` classes, by class."""
    found: dict[int, list[int]] = {}
    for place, label in enumerate(labels):
        if label < classes:
            members = found.setdefault(label, [])
            if len(members) < each:
                members.append(place)
    return [place for label in sorted(found) for place in found[label]]
