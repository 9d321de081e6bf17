import numpy as np
import pytest

from evaluators.datasets.splits import grouped_split, stratified_split
from prototypenas.errors import DatasetError


def test_a_stratified_split_holds_out_the_share_of_every_class_and_loses_none():
    labels = np.repeat(np.arange(3), (10, 40, 2)).astype(np.int64)
    kept, held = stratified_split(labels, 0.2, seed=3)
    assert sorted([*kept, *held]) == list(range(52))
    assert np.bincount(labels[held]).tolist() == [2, 8, 1]


def test_the_seed_alone_decides():
    labels = np.zeros(50, dtype=np.int64)
    assert np.array_equal(stratified_split(labels, 0.3, seed=1)[1], stratified_split(labels, 0.3, seed=1)[1])
    assert not np.array_equal(stratified_split(labels, 0.3, seed=1)[1], stratified_split(labels, 0.3, seed=2)[1])


def test_groups_stay_whole_and_both_sides_have_some():
    groups = [f"subject{number % 5}" for number in range(100)]
    kept, held = grouped_split(groups, 0.01, seed=0)
    assert len(held) == 1 and len(kept) == 4
    assert not kept & held
    with pytest.raises(DatasetError, match="at least 2"):
        grouped_split(["one"] * 9, 0.2, seed=0)
