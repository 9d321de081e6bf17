"""Labelled series of any length into a data set: whole, held to one length, or cut into windows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from evaluators.datasets.own_data.labels import in_order, refuse_too_many
from evaluators.datasets.reading import Reading
from evaluators.datasets.samples import ClassificationData, Samples, assembled
from evaluators.datasets.splits import grouped_split, stratified_split
from evaluators.datasets.windows import TRAINING_OVERLAP, windows_of
from prototypenas.errors import ConfigurationError, DatasetError
from prototypenas.types import InputShape

SPLIT_SEED = 20
TEST_SHARE = 0.2

WHOLE = 4096
"""Longest series that a network sees whole."""
STRETCH = 4.0
"""Series are brought to the longest's length where it is at most this many times the median; else they are cut."""
WINDOW = 1024
"""Steps of a window where series are too long or too unequal; the shortest series if that is shorter."""


@dataclass(frozen=True, eq=False)
class LabelledSeries:
    """Series, each `(time, channels)`, with their labels as written."""

    signals: tuple[NDArray[np.float32], ...]
    labels: tuple[str, ...]
    groups: tuple[str, ...] | None = None
    """Subject or recording of each; series of one group stay on one side of the split."""
    parts: tuple[str, ...] | None = None
    """`train`, `val` or `test` of each; `None` where the files do not say."""
    notes: tuple[str, ...] = ()
    window: int | None = None
    """Steps of a window that suits, where series are stretches of a longer recording."""


def dataset_of(name: str, series: LabelledSeries, reading: Reading) -> ClassificationData:
    """Put series together as a data set; without parts a fifth is held out by a fixed seed, groups whole.

    Without an input shape, series of up to 4,096 steps are seen whole, shorter ones held at their last value; longer
    or very unequal ones are cut into windows.

    Raises:
        DatasetError: if there is no series, channels differ, or what `assembled` refuses.
        ConfigurationError: if the input shape is no `(C, T)` of these channels, or longer than every series.
    """
    _check(name, series)
    refuse_too_many(series.labels, name)
    channels = series.signals[0].shape[1]
    lengths = [len(signal) for signal in series.signals]
    length, cut, words = _length(name, lengths, channels, reading.input_shape, series.window)
    parts, split = _parts(series)
    cuts = [_windows(signal, length, cut, part) for signal, part in zip(series.signals, parts, strict=True)]
    classes = in_order(series.labels)
    numbers = [classes.index(label) for label in series.labels]
    train, held, validation = (_samples(cuts, numbers, parts, part) for part in ("train", "test", "val"))
    if train is None or held is None:
        raise DatasetError(f"{name} has no series for training, or none for test, that is {length} steps long")
    data = assembled(name, classes, train, held, split=split, train_groups=_train_groups(series, cuts, parts))
    # Windows of a stream belong together by chance only; those of a series name it together.
    votes = cut and series.window is None
    return replace(
        data,
        validation=validation,
        reading="; ".join((*series.notes, words)),
        test_series=_numbered(cuts, parts, "test") if votes else None,
    )


def _check(name: str, series: LabelledSeries) -> None:
    if not series.signals:
        raise DatasetError(f"{name} has no series")
    channels = {signal.shape[1] for signal in series.signals}
    if len(channels) > 1:
        raise DatasetError(f"series of {name} have {min(channels)} to {max(channels)} channels; all need the same")
    if min(len(signal) for signal in series.signals) == 0:
        raise DatasetError(f"{name} has a series without a step")


def _length(
    name: str, lengths: Sequence[int], channels: int, shape: InputShape | None, window: int | None
) -> tuple[int, bool, str]:
    """Return the steps that the network sees, whether series are cut into windows, and both in words."""
    shortest, longest = min(lengths), max(lengths)
    if shape is not None:
        if len(shape) != 2 or shape[0] != channels:
            wanted = "x".join(map(str, shape))
            raise ConfigurationError(f"{name} has series of {channels} channels: {channels}xT is needed, not {wanted}")
        if shape[1] > longest:
            raise ConfigurationError(f"{name} has at most {longest} samples a series, shorter than {shape[1]}")
        length, cut = shape[1], shape[1] < longest
    elif window is not None:
        length, cut = min(window, longest), True
    elif longest <= WHOLE and longest <= STRETCH * float(np.median(lengths)):
        length, cut = longest, False
    else:
        length, cut = min(shortest, WINDOW), True
    if cut:
        return length, True, f"series of {shortest} to {longest} steps, cut into windows of {length}"
    if shortest == longest:
        return length, False, f"series of {length} steps"
    return length, False, f"series of {shortest} to {longest} steps, each held at its last value up to {length}"


def _windows(signal: NDArray[np.float32], length: int, cut: bool, part: str) -> NDArray[np.float32]:
    """Return `(windows, channels, length)`: training windows overlap; a shorter series is held at its last value."""
    if len(signal) < length:
        signal = np.concatenate((signal, np.repeat(signal[-1:], length - len(signal), axis=0)))
    if not cut:
        return np.ascontiguousarray(signal[:length].T)[None]
    return windows_of(signal, length, max(1, round(length * (1 - TRAINING_OVERLAP))) if part == "train" else length)


def _parts(series: LabelledSeries) -> tuple[tuple[str, ...], str]:
    """Return the part of each series, and the split in words."""
    if series.parts is not None and "test" in series.parts:
        return series.parts, "as the files say"
    if series.parts is not None and "val" in series.parts:
        parts = tuple("test" if part == "val" else part for part in series.parts)
        return parts, "as the files say; no test part was found: the validation part is what is tested on"
    if series.groups is not None and len(set(series.groups)) < len(series.groups):
        _, held = grouped_split(series.groups, TEST_SHARE, seed=SPLIT_SEED)
        words = f"by group; held out: {', '.join(sorted(held))}"
        return tuple("test" if group in held else "train" for group in series.groups), words
    numbers = np.unique(series.labels, return_inverse=True)[1].astype(np.int64)
    _, places = stratified_split(numbers, TEST_SHARE, seed=SPLIT_SEED)
    chosen = set(places.tolist())
    words = "80/20 of the series of each class, fixed seed"
    return tuple("test" if place in chosen else "train" for place in range(len(numbers))), words


def _samples(
    cuts: Sequence[NDArray[np.float32]], numbers: Sequence[int], parts: Sequence[str], part: str
) -> Samples | None:
    chosen = [place for place, found in enumerate(parts) if found == part]
    if not chosen:
        return None
    inputs = np.concatenate([cuts[place] for place in chosen])
    targets = np.repeat([numbers[place] for place in chosen], [len(cuts[place]) for place in chosen])
    return Samples(torch.from_numpy(inputs), torch.from_numpy(targets.astype(np.int64)))


def _train_groups(
    series: LabelledSeries, cuts: Sequence[NDArray[np.float32]], parts: Sequence[str]
) -> torch.Tensor | None:
    """Number the groups of the training samples; unrelated whole series are better held out by class."""
    groups = series.groups or tuple(map(str, range(len(cuts))))
    chosen = [place for place, part in enumerate(parts) if part == "train"]
    names = [groups[place] for place in chosen for _ in range(len(cuts[place]))]
    numbers = {group: number for number, group in enumerate(sorted(set(names)))}
    if len(numbers) in (1, len(names)):
        return None
    return torch.tensor([numbers[name] for name in names])


def _numbered(cuts: Sequence[NDArray[np.float32]], parts: Sequence[str], part: str) -> torch.Tensor:
    """Number the series that each window of a part was cut from."""
    chosen = [place for place, found in enumerate(parts) if found == part]
    return torch.from_numpy(np.repeat(chosen, [len(cuts[place]) for place in chosen]).astype(np.int64))


def filled(signal: NDArray[np.float32], where: str) -> tuple[NDArray[np.float32], int]:
    """Fill gaps (NaN) of `(time, channels)` by straight lines, ends by the nearest value; also give how many.

    Raises:
        DatasetError: if a channel has no value at all, or one is infinite.
    """
    if np.isinf(signal).any():
        raise DatasetError(f"{where} holds an infinite value")
    gaps = np.isnan(signal)
    count = int(gaps.sum())
    if not count:
        return signal, 0
    whole = signal.copy()
    steps = np.arange(len(signal))
    for channel in np.flatnonzero(gaps.any(axis=0)):
        known = ~gaps[:, channel]
        if not known.any():
            raise DatasetError(f"{where} has no value in channel {int(channel) + 1}; leave it out or fill it")
        whole[:, channel] = np.interp(steps, steps[known], signal[known, channel])
    return whole, count


def stretches(labels: Sequence[object]) -> list[tuple[int, int]]:
    """Return start and end of each run of equal values."""
    if not len(labels):
        return []
    borders = [0, *(place for place in range(1, len(labels)) if labels[place] != labels[place - 1]), len(labels)]
    return list(pairwise(borders))
