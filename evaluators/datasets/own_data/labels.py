"""Class names out of the labels that people store."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prototypenas.errors import DatasetError

MANY = 10
"""Below this many samples, as many labels as samples are no sign of anything."""

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def label_names(labels: NDArray[np.generic], where: str) -> list[str]:
    """Return the class of each sample as text: from words, whole numbers `(N,)` or `(N, 1)`, or one-hot rows `(N, K)`.

    Raises:
        DatasetError: for a scalar, several classes a sample, shares, numbers that are not whole, or gaps.
    """
    if labels.ndim == 0:
        raise DatasetError(f"{where} is one value, {labels.item()!r}; a label for each sample is needed")
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2:
        labels = _from_one_hot(labels, where)
    if labels.ndim != 1:
        raise DatasetError(f"{where} has shape {labels.shape}; labels are (N,), (N, 1) or one-hot rows (N, K)")
    if labels.dtype.kind == "f":
        labels = _whole(labels, where)
    if labels.dtype.kind not in "biuUS":
        raise DatasetError(f"{where} are of kind {labels.dtype}; labels are words or whole numbers")
    names = [label.decode("utf-8", "replace") if isinstance(label, bytes) else str(label) for label in labels.tolist()]
    if "" in names:
        raise DatasetError(f"{where}: label {names.index('') + 1} is empty")
    return names


def refuse_too_many(labels: Sequence[str], where: str | Path) -> None:
    """Refuse labels that are measured values or names of samples rather than classes.

    Raises:
        DatasetError: if there are more than half as many different labels as samples.
    """
    different = len(set(labels))
    if len(labels) >= MANY and 2 * different > len(labels):
        example = ", ".join(list(dict.fromkeys(labels))[:3])
        raise DatasetError(
            f"{where} has {different} different labels for {len(labels)} samples ({example}, ...): "
            "that is no set of classes; are these the labels?"
        )


def in_order(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the different labels: numbers by value, then words."""
    return tuple(sorted(set(labels), key=_natural))


def _natural(label: str) -> tuple[int, float, str]:
    return (0, float(label), label) if _NUMBER.fullmatch(label) else (1, 0.0, label)


def _from_one_hot(labels: NDArray[np.generic], where: str) -> NDArray[np.int64]:
    if labels.dtype.kind in "biuf" and labels.shape[1]:
        numbers = labels.astype(np.float64)
        if np.isin(numbers, (0.0, 1.0)).all():
            if (numbers.sum(axis=1) == 1).all():
                hot: NDArray[np.int64] = numbers.argmax(axis=1)
                return hot
            raise DatasetError(f"{where} {labels.shape} names several classes, or none, for a sample; one is needed")
    raise DatasetError(f"{where} has shape {labels.shape} and is not one-hot; one label for each sample is needed")


def _whole(labels: NDArray[np.generic], where: str) -> NDArray[np.int64]:
    numbers = labels.astype(np.float64)
    if not np.isfinite(numbers).all():
        place = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise DatasetError(f"{where}: label {place + 1} is {numbers[place]}; every sample needs a class")
    if (numbers != np.round(numbers)).any() or np.abs(numbers).max(initial=0) > 2**53:
        place = int(np.flatnonzero(numbers != np.round(numbers))[0]) if (numbers != np.round(numbers)).any() else 0
        raise DatasetError(f"{where}: label {place + 1} is {numbers[place]}, a measured value; classes are needed")
    return numbers.astype(np.int64)
