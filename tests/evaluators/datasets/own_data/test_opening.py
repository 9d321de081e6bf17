from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from evaluators.datasets.own_data import open_dataset
from prototypenas.errors import ConfigurationError, DatasetError

TS = """# a comment
@problemName Toy
@timeStamps false
@univariate false
@dimensions 2
@equalLength true
@classLabel true rest move
@data
"""


def ts_row(label: str, start: int, length: int = 8, channels: int = 2) -> str:
    parts = [",".join(str(start + channel * 100 + step) for step in range(length)) for channel in range(channels)]
    return ":".join([*parts, label]) + "\n"


def long_table(series: int = 20, length: int = 12) -> pd.DataFrame:
    rows = [
        {"series": f"s{number:02d}", "label": ("idle", "run")[number % 2], "x": number + step, "y": -step}
        for number in range(series)
        for step in range(length)
    ]
    return pd.DataFrame(rows)


def test_a_folder_of_pictures_is_recognised(tmp_path):
    for label in ("nut", "screw"):
        (tmp_path / label).mkdir()
        for number in range(10):
            Image.fromarray(np.full((5, 5, 3), number, dtype=np.uint8)).save(tmp_path / label / f"{number}.png")
    data = open_dataset(tmp_path, input_shape=(1, 8, 8))
    assert data.is_image and data.classes == ("nut", "screw")
    assert len(data.test) == 4


@pytest.mark.parametrize("layout", ["NHWC", "NCHW", "NHW"])
def test_arrays_of_images_in_any_layout(tmp_path, layout):
    images = np.random.default_rng(0).integers(0, 256, (20, 3, 8, 9), dtype=np.uint8)
    stored = {"NHWC": images.transpose(0, 2, 3, 1), "NCHW": images, "NHW": images[:, 0]}[layout]
    np.savez(tmp_path / "own.npz", x=stored, y=np.arange(20) % 2)
    data = open_dataset(tmp_path / "own.npz")
    assert data.input_shape == ((1, 8, 9) if layout == "NHW" else (3, 8, 9))
    assert (data.train.inputs[0].numpy() == images).all(axis=(2, 3))[:, 0].any()


def test_arrays_of_series_with_their_own_split_and_words_as_labels(tmp_path):
    x = np.random.default_rng(0).normal(size=(10, 4, 30))
    np.savez(tmp_path / "own.npz", x=x, y=["b", "a"] * 5, x_test=x[:4], y_test=["a", "a", "b", "b"])
    data = open_dataset(tmp_path / "own.npz")
    assert data.input_shape == (4, 30) and data.classes == ("a", "b")
    assert data.train.targets.tolist() == [1, 0] * 5
    assert data.test.targets.tolist() == [0, 0, 1, 1]


def test_numbers_as_labels_are_ordered_as_numbers(tmp_path):
    np.savez(tmp_path / "own.npz", x=np.zeros((24, 5)), y=np.arange(24) % 12)
    with_ten = open_dataset(tmp_path / "own.npz").classes
    assert with_ten == tuple(map(str, range(12)))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros((4, 5))}, "x .samples. and y"),
        ({"x": np.zeros((4, 5, 6, 7)), "y": [0, 1, 0, 1]}, "--layout NHWC.*--layout NCHW"),
        ({"x": np.zeros((4, 5, 6, 7, 8)), "y": [0, 1, 0, 1]}, "series are"),
        ({"x": np.zeros((4, 5)), "y": [0, 1, 0]}, "4 samples but 3 labels"),
        ({"x": np.full((4, 5), np.nan), "y": [0, 1, 0, 1]}, "series 1 of train has no value"),
        ({"x": np.zeros((4, 5)), "y": [0, 0, 0, 0]}, "needs at least 2"),
        ({"x": np.zeros((4, 5)), "y": [0, 1, 0, 1], "x_test": np.zeros((1, 5)), "y_test": [2]}, "training lacks: 2"),
    ],
)
def test_arrays_that_cannot_be_learnt_from_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "own.npz", **arrays)
    with pytest.raises(DatasetError, match=message):
        open_dataset(tmp_path / "own.npz")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_long_table_has_one_row_a_time_step(tmp_path, suffix):
    table = long_table()
    path = tmp_path / f"own.{suffix}"
    table.to_csv(path, index=False) if suffix == "csv" else table.to_parquet(path)
    data = open_dataset(path)
    assert data.input_shape == (2, 12) and data.classes == ("idle", "run")
    starts = data.train.inputs[:, 0, 0]
    assert torch.equal(data.train.inputs[:, 0], starts[:, None] + torch.arange(12))
    assert torch.equal(data.train.inputs[0, 1], -torch.arange(12.0))
    assert (starts % 2).tolist() == data.train.targets.tolist()
    assert data.train_groups is None


def test_windows_of_one_group_stay_on_one_side(tmp_path):
    table = long_table(length=24)
    table["group"] = [f"person {int(name[1:]) // 4}" for name in table["series"]]
    table.to_csv(tmp_path / "own.csv", index=False)
    data = open_dataset(tmp_path / "own.csv", input_shape=(2, 8))
    assert len(data.test) == 4 * 3
    assert data.train_groups is not None and len(data.train_groups.unique()) == 4
    assert "by group" in data.split


def test_a_wide_table_has_one_row_a_series(tmp_path):
    values = pd.DataFrame(np.arange(60.0).reshape(6, 10))
    values.columns = [f"t{step}" for step in range(10)]
    values.assign(label=["a", "b"] * 3, split=["train"] * 4 + ["test"] * 2).to_csv(tmp_path / "own.csv", index=False)
    data = open_dataset(tmp_path / "own.csv")
    assert data.input_shape == (1, 10)
    assert data.test.inputs[:, 0, 0].tolist() == [40, 50]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="label"), "column `label` is needed"),
        (lambda table: table.assign(x=["high" if place == 4 else 1 for place in range(len(table))]), "row 5, column x"),
        (lambda table: table.assign(label=[str(place) for place in range(len(table))]), "more than one label"),
        (lambda table: table.assign(split="later"), "split 'later'"),
        (lambda table: table[["series", "label"]], "no signal"),
    ],
)
def test_a_table_that_cannot_be_read_is_explained(tmp_path, change, message):
    change(long_table()).to_csv(tmp_path / "own.csv", index=False)
    with pytest.raises(DatasetError, match=message):
        open_dataset(tmp_path / "own.csv")


def test_series_shorter_than_the_window_are_refused(tmp_path):
    long_table().to_csv(tmp_path / "own.csv", index=False)
    with pytest.raises(ConfigurationError, match="at most 12 samples a series, shorter than 16"):
        open_dataset(tmp_path / "own.csv", input_shape=(2, 16))


def test_ts_files_bring_their_split(tmp_path):
    for part, count in (("TRAIN", 6), ("TEST", 3)):
        rows = "".join(ts_row(("rest", "move")[number % 2], 10 * number) for number in range(count))
        (tmp_path / f"Toy_{part}.ts").write_text(TS + rows)
    for path in (tmp_path, tmp_path / "Toy_TRAIN.ts", tmp_path / "Toy_TEST.ts"):
        data = open_dataset(path)
        assert data.name == "Toy" and data.input_shape == (2, 8)
        assert len(data.train) == 6 and len(data.test) == 3
        assert data.test.inputs[1, 1].tolist() == [110 + step for step in range(8)]
        assert data.test.targets.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ts_row("rest", 0, channels=3), "line 9 has 3 channels, the header declares 2"),
        (ts_row("fly", 0), "'fly'; declared are rest, move"),
        ("1,2,x:3,4,5:rest\n", "line 9 holds something that is no number"),
        ("1,2,3:4,5:rest\n", "different lengths"),
        ("", "no series after @data"),
    ],
)
def test_a_ts_file_that_breaks_its_header_is_refused(tmp_path, row, message):
    (tmp_path / "toy.ts").write_text(TS + row)
    with pytest.raises(DatasetError, match=message):
        open_dataset(tmp_path / "toy.ts")


def test_unknown_forms_list_the_known_ones(tmp_path):
    for path in (tmp_path / "gone", tmp_path):
        with pytest.raises(DatasetError, match=r"\.ts.*folder of pictures.*\.npz.*\.csv"):
            open_dataset(path)
    (tmp_path / "notes.docx").write_text("x")
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(DatasetError, match="holds no data of a known form"):
        open_dataset(tmp_path / "notes.docx")
    with pytest.raises(DatasetError, match=r"no whole \.npz"):
        open_dataset(Path(tmp_path / "broken.npz"))
