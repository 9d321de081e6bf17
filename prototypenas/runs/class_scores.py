"""How a trained classifier does on each class, and how simple classifiers do on the same split."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.atomic_files import read_json, write_json

BY_CLASS = "by_class"
"""Key of a model's `metrics.json`; only classifiers have it."""

REFERENCES_FILE = "references.json"
"""Where a run directory keeps the scores of the simple classifiers."""


@dataclass(frozen=True)
class ClassScores:
    """An int8 network on the test data, class by class, in the order of the data set's classes."""

    confusion: tuple[tuple[int, ...], ...]
    """Test samples by true class (row) and predicted class (column)."""
    recall: tuple[float, ...]
    """Share of the class's samples that are found, in `[0, 1]`."""
    f1: tuple[float, ...]
    """Harmonic mean of recall and precision, in `[0, 1]`; 0 for a class without samples."""

    @property
    def macro_f1(self) -> float:
        """Mean of the classes' F1: rare classes count as much as frequent ones."""
        return sum(self.f1) / len(self.f1)


@dataclass(frozen=True)
class ReferenceScore:
    """A simple classifier on the same split."""

    name: str
    accuracy: float
    """On all test samples, in `[0, 1]`."""
    macro_f1: float
    training_samples: int
    """How many it learnt from."""


def read_class_scores(directory: Path) -> ClassScores | None:
    """Read a model's scores by class; `None` where it is not trained yet, or no classifier.

    Raises:
        RunDirectoryError: if `metrics.json` is damaged.
    """
    file = directory / "metrics.json"
    if not file.exists():
        return None
    content = read_json(file).get(BY_CLASS)
    if content is None:
        return None
    try:
        confusion = tuple(tuple(int(count) for count in row) for row in content["confusion"])
        recall, f1 = (tuple(float(value) for value in content[name]) for name in ("recall", "f1"))
    except (TypeError, KeyError, ValueError) as error:
        raise RunDirectoryError(f"{file} is damaged in {BY_CLASS!r} ({error}); remove it to test again") from error
    if not len(confusion) == len(recall) == len(f1) or any(len(row) != len(confusion) for row in confusion):
        raise RunDirectoryError(f"{file} has tables of different sizes in {BY_CLASS!r}; remove it to test again")
    return ClassScores(confusion, recall, f1)


def write_references(scores: tuple[ReferenceScore, ...], folder: Path) -> None:
    """Write `references.json`, whole or not at all.

    Raises:
        RunDirectoryError: if the disk is full or read-only.
    """
    write_json(folder / REFERENCES_FILE, {"references": [asdict(score) for score in scores]})


def read_references(folder: Path) -> tuple[ReferenceScore, ...]:
    """Read the simple classifiers' scores back; none where they were not measured.

    Raises:
        RunDirectoryError: if the file is damaged.
    """
    file = folder / REFERENCES_FILE
    if not file.exists():
        return ()
    try:
        return tuple(_reference(row) for row in read_json(file)["references"])
    except (TypeError, KeyError, ValueError) as error:
        raise RunDirectoryError(f"{file} is damaged ({error}); remove it to measure again") from error


def _reference(row: Mapping[str, Any]) -> ReferenceScore:
    right, macro = float(row["accuracy"]), float(row["macro_f1"])
    return ReferenceScore(str(row["name"]), right, macro, int(row["training_samples"]))
