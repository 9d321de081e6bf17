import numpy as np
import pandas as pd
import pytest

from evaluators.datasets.own_data import Reading, open_dataset
from prototypenas.errors import DatasetError


def recording(start: int, steps: int = 30) -> pd.DataFrame:
    values = np.arange(start, start + steps)
    return pd.DataFrame({"time": np.arange(steps) * 0.01, "aX": values, "aY": -values})


def by_class(root, names="{person}_{take}.csv"):
    for label in ("walk", "run"):
        (root / label).mkdir(parents=True)
        for person in ("ann", "bob", "cyd", "dan", "eve"):
            for take in range(2):
                place = root / label / names.format(person=person, take=take)
                recording(100 * take, 30 + take).to_csv(place, index=False)
    return root


def test_one_folder_a_class_one_file_a_recording(tmp_path):
    data = open_dataset(by_class(tmp_path))
    assert data.classes == ("run", "walk") and data.input_shape == (2, 31)
    assert "left aside: time" in data.reading and "speakers: part 1" in data.reading
    assert "by group" in data.split and len(data.test) == 4
    assert (data.train.inputs[:, 0] == -data.train.inputs[:, 1]).all()


def test_windows_of_a_recording_stay_on_one_side(tmp_path):
    data = open_dataset(by_class(tmp_path, "{take}{person}.csv"), input_shape=(2, 10))
    assert "80/20 of the series" in data.split
    assert data.train_groups is not None and len(data.train_groups.unique()) == 16


def test_parts_above_the_classes(tmp_path):
    by_class(tmp_path / "Train")
    by_class(tmp_path / "Test")
    data = open_dataset(tmp_path)
    assert (len(data.train), len(data.test)) == (20, 20)


def test_files_side_by_side_offer_the_readings(tmp_path):
    for start, label in ((0, "punch"), (1000, "flex")):
        recording(start, 800).to_csv(tmp_path / f"{label}.csv", index=False)
    with pytest.raises(DatasetError, match=r"--layout class-per-file: .*flex, punch.*--layout name-part-N"):
        open_dataset(tmp_path)
    data = open_dataset(tmp_path, reading=Reading(layout="class-per-file"))
    assert data.classes == ("flex", "punch") and data.input_shape == (2, 128)
    train, test = (set(part.inputs[:, 0].flatten().tolist()) for part in (data.train, data.test))
    assert train and test and not train & test


def test_other_columns_or_text_are_refused(tmp_path):
    by_class(tmp_path)
    place = tmp_path / "run" / "ann_0.csv"
    recording(0).assign(extra=1).to_csv(place, index=False)
    with pytest.raises(DatasetError, match="has columns"):
        open_dataset(tmp_path)
    recording(0).assign(aY="high").to_csv(place, index=False)
    with pytest.raises(DatasetError, match=r"ann_0\.csv, column aY, row 1: 'high' is no number"):
        open_dataset(tmp_path)
