from dataclasses import fields, replace

import numpy as np
import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.dataset_summary import (
    SUMMARY_FILE,
    DatasetSummary,
    first_of_each,
    read_summary,
    write_summary,
)


@pytest.fixture
def summary() -> DatasetSummary:
    pictures = np.arange(3 * 3 * 4 * 5, dtype=np.uint8).reshape(3, 3, 4, 5)
    return DatasetSummary("mine", (3, 4, 5), "80/20", ("a", "b"), (20, 10), (5, 3), pictures, (0, 0, 1))


@pytest.mark.parametrize("varied", [False, True])
def test_what_is_written_is_read_back(summary, varied, tmp_path):
    if varied:
        summary = replace(summary, training="100 steps", varied=summary.samples[::-1])
    assert read_summary(tmp_path) is None
    write_summary(summary, tmp_path / "run")
    again = read_summary(tmp_path / "run")
    for item in fields(DatasetSummary):
        assert np.array_equal(getattr(again, item.name), getattr(summary, item.name)), item.name
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [SUMMARY_FILE]


def test_a_damaged_file_is_named(summary, tmp_path):
    write_summary(summary, tmp_path)
    path = tmp_path / SUMMARY_FILE
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(RunDirectoryError, match=r"dataset\.npz is damaged"):
        read_summary(tmp_path)


def test_the_first_of_each_class_are_taken_by_class():
    labels = [2, 0, 1, 0, 0, 2, 1]
    assert first_of_each(labels, classes=2, each=2) == [1, 3, 2, 6]
    assert first_of_each(labels, classes=3, each=1) == [1, 2, 0]
