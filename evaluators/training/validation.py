"""A part of the training data held out to choose the best checkpoint; test data is not for that."""

import numpy as np
import torch

from evaluators.datasets.samples import ClassificationData, Samples
from evaluators.datasets.splits import Indices, grouped_split, stratified_split
from prototypenas.errors import DatasetError

SPLIT_SEED = 7
"""Every model of every run holds out the same samples."""

ATTEMPTS = 100
"""Draws of whole groups before giving up on one that leaves every class in training."""


def training_and_validation(data: ClassificationData, share: float) -> tuple[Samples, Samples | None]:
    """Part the training data: as the data set says, else whole groups where it has groups, else a share of each class.

    Raises:
        DatasetError: if no choice of groups leaves every class in training.
    """
    if share == 0:
        return data.train, None
    if data.validation is not None:
        return data.train, data.validation
    kept, held = _parted(data, share)
    return data.train.at(kept), data.train.at(held)


def classes_not_held_out(data: ClassificationData, share: float) -> tuple[str, ...]:
    """Return the names of the classes of which no sample is held out, in their order; none for a share of 0.

    Raises:
        DatasetError: if no choice of groups leaves every class in training.
    """
    if share == 0:
        return ()
    held = data.train.targets[_parted(data, share)[1]] if data.validation is None else data.validation.targets
    present = set(held.tolist())
    return tuple(name for number, name in enumerate(data.classes) if number not in present)


def _parted(data: ClassificationData, share: float) -> tuple[Indices, Indices]:
    labels = data.train.targets.numpy()
    if data.train_groups is None:
        return stratified_split(labels, share, seed=SPLIT_SEED)
    return _by_group(data, data.train_groups, share)


def _by_group(data: ClassificationData, groups: torch.Tensor, share: float) -> tuple[Indices, Indices]:
    names = [str(number) for number in groups.tolist()]
    labels = data.train.targets.numpy()
    for attempt in range(ATTEMPTS):
        _, held_names = grouped_split(names, share, seed=SPLIT_SEED + attempt)
        held = np.fromiter((name in held_names for name in names), dtype=bool, count=len(names))
        if len(np.unique(labels[~held])) == data.num_classes:
            return np.flatnonzero(~held), np.flatnonzero(held)
    raise DatasetError(
        f"no {share:.0%} of the groups of {data.name} can be held out without losing a class; set validation_share to 0"
    )
