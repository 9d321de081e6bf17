from pathlib import Path

import pytest

from evaluators.datasets.daliac import Daliac
from prototypenas.errors import DatasetError


def rows(label: int, count: int, subject: int) -> list[str]:
    signals = [f"{subject * 100 + channel + 0.25:.4f}" for channel in range(24)]
    return [",".join([*signals, str(label)])] * count


@pytest.fixture
def folder(tmp_path) -> Path:
    """19 files: 13 activities of 30 rows, with unlabelled rows between the first two."""
    for subject in range(1, 20):
        lines = rows(1, 30, subject) + rows(0, 5, subject)
        for label in range(2, 14):
            lines += rows(label, 30, subject)
        (tmp_path / f"dataset_{subject}.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_each_activity_of_each_subject_gives_its_windows(folder):
    data = Daliac().load(folder, input_shape=(24, 10))
    assert data.train.targets.bincount().tolist() == [15 * 5] * 13
    assert data.test.targets.bincount().tolist() == [4 * 3] * 13
    assert sorted(set(data.test.inputs[:, 2, 0].tolist())) == [1602.25, 1702.25, 1802.25, 1902.25]
    assert data.classes[12] == "rope jumping"
    assert data.train_groups is not None and len(data.train_groups.unique()) == 15


def test_a_window_never_spans_two_activities(folder):
    data = Daliac().load(folder, input_shape=(24, 30))
    assert len(data.test) == 4 * 13
    with pytest.raises(DatasetError, match="no recording"):
        Daliac().load(folder, input_shape=(24, 31))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "\n".join(line.rpartition(",")[0] for line in text.splitlines()), "24 columns"),
        (lambda text: text[:-40], "cut off or has a gap in row 395"),
        (lambda text: text.replace("700.25", "?", 1), "no table of numbers"),
        (lambda text: "\n".join(text.splitlines()[:200]), "no row of activity 8"),
        (lambda text: "", "is empty"),
    ],
)
def test_a_damaged_file_is_named(folder, change, message):
    path = folder / "dataset_7.txt"
    path.write_text(change(path.read_text()))
    with pytest.raises(DatasetError, match=rf"dataset_7\.txt.*{message}"):
        Daliac().load(folder, input_shape=(24, 10))


def test_a_missing_subject_is_no_smaller_data_set(folder):
    (folder / "dataset_12.txt").unlink()
    with pytest.raises(DatasetError, match=r"dataset_12\.txt of DaLiAc is missing.*mad\.tf\.fau\.de"):
        Daliac().load(folder, input_shape=(24, 10))
    with pytest.raises(DatasetError, match="not downloaded"):
        Daliac().load(folder, download=True)
