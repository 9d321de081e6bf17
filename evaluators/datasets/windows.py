"""Series cut into windows of constant length, without any further preprocessing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from evaluators.augmentation import Augmentation
from evaluators.datasets.samples import ClassificationData, Samples, assembled
from prototypenas.errors import ConfigurationError, DatasetError
from prototypenas.types import InputShape

WORN = Augmentation(shift=128, scale=0.3, rotation_degrees=30.0, noise=0.1)
"""For three-axis sensors on people never seen, who wear them otherwise. Speed stays: it tells walking slowly from
walking quickly."""

TRAINING_OVERLAP = 0.5
"""Share of a training window that the next one repeats; test windows never overlap."""


@dataclass(frozen=True, eq=False)
class Recording:
    """One stretch of signal with one label, from one group."""

    signal: NDArray[np.float32]
    """`(time, channels)`."""
    label: int
    group: str
    """Subject, recording or person; a group is in training or in test, never in both."""
    source: str
    """The file, for messages."""


def windows_of(signal: NDArray[np.float32], length: int, step: int) -> NDArray[np.float32]:
    """Cut `(time, channels)` into `(windows, channels, length)`, one every `step` samples; a rest is left out."""
    if len(signal) < length:
        return np.empty((0, signal.shape[1], length), dtype=np.float32)
    view = np.lib.stride_tricks.sliding_window_view(signal, length, axis=0)
    return np.ascontiguousarray(view[::step])


def windowed_data(
    name: str,
    classes: Sequence[str],
    recordings: Iterable[Recording],
    *,
    input_shape: InputShape,
    test_groups: frozenset[str],
    split: str,
    augmentation: Augmentation | None = None,
) -> ClassificationData:
    """Cut all recordings into windows of the input shape's length, training with overlap, test without.

    Raises:
        ConfigurationError: if the input shape is no `(C, T)` or has other channels than the recordings.
        DatasetError: if a recording is shorter than a window, or what `assembled` refuses.
    """
    if len(input_shape) != 2:
        raise ConfigurationError(f"{name} holds series; an input shape CxT is needed, not {input_shape}")
    length = input_shape[1]
    inputs: dict[bool, list[NDArray[np.float32]]] = {False: [], True: []}
    labels: dict[bool, list[int]] = {False: [], True: []}
    groups: list[str] = []
    for recording in recordings:
        _check(recording, name, input_shape)
        held = recording.group in test_groups
        cut = windows_of(recording.signal, length, length if held else max(1, round(length * (1 - TRAINING_OVERLAP))))
        inputs[held].append(cut)
        labels[held] += [recording.label] * len(cut)
        groups += [] if held else [recording.group] * len(cut)
    train, test = (_samples(inputs[held], labels[held], name) for held in (False, True))
    numbers = {group: number for number, group in enumerate(sorted(set(groups)))}
    return assembled(
        name,
        classes,
        train,
        test,
        augmentation=augmentation,
        split=split,
        train_groups=torch.tensor([numbers[group] for group in groups]) if len(numbers) > 1 else None,
    )


def _check(recording: Recording, name: str, input_shape: InputShape) -> None:
    time, channels = recording.signal.shape
    if channels != input_shape[0]:
        raise ConfigurationError(f"{recording.source} of {name} has {channels} channels, not {input_shape[0]}")
    if time < input_shape[1]:
        raise DatasetError(
            f"{recording.source} of {name} has {time} samples, shorter than a window of {input_shape[1]}; "
            "choose a shorter window"
        )


def _samples(windows: Sequence[NDArray[np.float32]], labels: Sequence[int], name: str) -> Samples:
    if not windows:
        raise DatasetError(f"{name} has no recording for training, or none for test")
    return Samples(torch.from_numpy(np.concatenate(windows)), torch.tensor(labels, dtype=torch.int64))
