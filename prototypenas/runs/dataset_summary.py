"""What a report shows of a data set: classes, sizes, the split and a few training samples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.atomic_files import written_whole
from prototypenas.types import InputShape

SUMMARY_FILE = "dataset.npz"
"""Where a run directory keeps it, so that a report needs no data."""


@dataclass(frozen=True, eq=False)
class BoxSummary:
    """What a detection set has beyond its pictures; rows of boxes are picture, class and corners in input pixels."""

    pictures: tuple[int, int]
    """In training and in test."""
    shown: NDArray[np.float32]
    """Boxes of the samples, `(K, 6)`."""
    varied: NDArray[np.float32]
    """Boxes of the varied samples, `(K, 6)`."""
    sides: NDArray[np.float32]
    """Square root of the area of each training box, in input pixels."""
    notes: tuple[str, ...] = ()
    """What was left out when the files were read."""


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
    boxes: BoxSummary | None = None
    """Of a detection set, whose counts are of boxes; `None` where samples are of classes."""


def write_summary(summary: DatasetSummary, folder: Path) -> None:
    """Write `dataset.npz` into a folder, whole or not at all.

    Raises:
        RunDirectoryError: if the disk is full or read-only.
    """
    arrays = dict(
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
        **_box_arrays(summary.boxes),
    )
    with written_whole(folder / SUMMARY_FILE) as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)


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
                boxes=_read_boxes(kept),
            )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise RunDirectoryError(f"{path} is damaged ({error}); remove it to report without the data") from error


def _box_arrays(boxes: BoxSummary | None) -> dict[str, NDArray[Any]]:
    if boxes is None:
        return {}
    return {
        "pictures": np.asarray(boxes.pictures),
        "shown_boxes": boxes.shown,
        "varied_boxes": boxes.varied,
        "sides": boxes.sides,
        "notes": np.asarray(boxes.notes, dtype=np.str_),
    }


def _read_boxes(kept: Mapping[str, NDArray[Any]]) -> BoxSummary | None:
    if "shown_boxes" not in kept:
        return None
    train, test = kept["pictures"].tolist()
    notes = tuple(kept["notes"].tolist())
    return BoxSummary((train, test), kept["shown_boxes"], kept["varied_boxes"], kept["sides"], notes)


def first_of_each(labels: Sequence[int], *, classes: int, each: int) -> list[int]:
    """Return the places of the first `each` samples of the first `classes` classes, by class."""
    found: dict[int, list[int]] = {}
    for place, label in enumerate(labels):
        if label < classes:
            members = found.setdefault(label, [])
            if len(members) < each:
                members.append(place)
    return [place for label in sorted(found) for place in found[label]]
