"""Seeded splits: by class share, or by whole groups (subjects, recordings, people)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from prototypenas.errors import DatasetError

Indices = NDArray[np.int64]


def stratified_split(labels: NDArray[np.int64], held_out: float, *, seed: int) -> tuple[Indices, Indices]:
    """Hold out a share of every class, rounded to the nearest, at least one sample where a class has two.

    Gives the indices of the rest and of the held-out part, each ascending.
    """
    generator = np.random.default_rng(seed)
    held: list[Indices] = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        count = min(max(1, round(held_out * len(members))), len(members) - 1)
        held.append(generator.permutation(members)[:count])
    taken = np.zeros(len(labels), dtype=bool)
    taken[np.concatenate(held)] = True
    return np.flatnonzero(~taken), np.flatnonzero(taken)


def grouped_split(groups: Sequence[str], held_out: float, *, seed: int) -> tuple[frozenset[str], frozenset[str]]:
    """Hold out a share of the distinct groups, at least one, at most all but one.

    Raises:
        DatasetError: if there are fewer than two groups.
    """
    distinct = sorted(set(groups))
    if len(distinct) < 2:
        raise DatasetError(f"only one group ({', '.join(distinct)}); a split by group needs at least 2")
    count = min(max(1, round(held_out * len(distinct))), len(distinct) - 1)
    order = np.random.default_rng(seed).permutation(len(distinct))
    held = frozenset(distinct[place] for place in order[:count])
    return frozenset(distinct) - held, held
