from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluators.datasets.mafaulda import CONDITIONS, Mafaulda
from prototypenas.errors import ConfigurationError, DatasetError

ROWS = 200
SMALL = replace(
    Mafaulda(), rows=ROWS, windows_per_recording=3, conditions=tuple((name, place, 5) for name, place, _ in CONDITIONS)
)
SHAPE = (8, 50)


@pytest.fixture
def folder(tmp_path) -> Path:
    """Five recordings a condition, named by their rotation; every signal is a ramp above its condition's number."""
    for number, (_, place, _) in enumerate(CONDITIONS):
        inner = {"imbalance": "6g", "horizontal-misalignment": "0.5mm", "underhang/ball_fault": "20g"}.get(place, "")
        target = tmp_path / place / inner
        target.mkdir(parents=True)
        for rotation in (12.288, 13.1072, 14.336, 15.1552, 16.1792):
            ramp = 100 * number + np.arange(ROWS)[:, None] / ROWS + np.zeros(8)
            np.savetxt(target / f"{rotation}.csv", ramp, delimiter=",", fmt="%.6f")
    return tmp_path


def test_recordings_become_spread_windows_on_one_side_of_the_split(folder):
    data = SMALL.load(folder, input_shape=SHAPE)
    assert data.num_classes == 6
    assert len(data.train) + len(data.test) == 10 * 5 * 3
    assert len(data.test) == 10 * 1 * 3
    starts = (data.test.inputs[:3, 0, 0] % 100 * ROWS).round().tolist()
    assert starts == [0, 75, 150]
    assert data.train_groups is not None and data.train_groups.bincount().tolist() == [3] * 40


def test_the_second_reading_opens_no_recording_and_gives_the_same(folder, monkeypatch):
    first = SMALL.load(folder, input_shape=SHAPE)
    monkeypatch.setattr("pandas.read_csv", None)
    assert SMALL.load(folder, input_shape=SHAPE).digest() == first.digest()


def test_bearing_faults_are_told_apart_on_request(folder):
    ten = replace(SMALL, classes=10).load(folder, input_shape=SHAPE)
    assert ten.num_classes == 10
    assert (ten.test.inputs[:, 0, 0] // 100).long().tolist() == ten.test.targets.tolist()
    six = SMALL.load(folder, input_shape=SHAPE)
    assert six.classes[4:] == ("underhang", "overhang")


def test_the_published_counts_are_1951():
    assert sum(count for *_, count in CONDITIONS) == 1951


def test_missing_or_truncated_recordings_are_named(folder):
    with pytest.raises(DatasetError, match="normal has 5 recordings of normal, the complete set has 49"):
        Mafaulda().load(folder, input_shape=SHAPE)
    path = folder / "normal" / "14.336.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:150]))
    with pytest.raises(DatasetError, match=r"14\.336\.csv of MAFAULDA is 150 x 8.*200 x 8"):
        SMALL.load(folder, input_shape=SHAPE)
    path.write_text("a,b\n")
    with pytest.raises(DatasetError, match=r"14\.336\.csv of MAFAULDA is no table of numbers"):
        SMALL.load(folder, input_shape=SHAPE)


def test_impossible_requests_are_refused(folder):
    with pytest.raises(ConfigurationError, match="6 or 10"):
        Mafaulda(7)
    with pytest.raises(DatasetError, match="shorter than a window"):
        SMALL.load(folder, input_shape=(8, 500))
    with pytest.raises(DatasetError, match="not downloaded"):
        SMALL.load(folder, download=True)
