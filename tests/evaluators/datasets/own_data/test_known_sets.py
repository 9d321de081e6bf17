"""Data sets as their publishers hand them out, given as own data: read rightly, or refused with what to do."""

import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from evaluators.datasets.own_data import open_dataset
from evaluators.datasets.reading import Reading
from prototypenas.errors import DatasetError


def refusal(path, **reading) -> str:
    with pytest.raises(DatasetError) as refused:
        open_dataset(path, reading=Reading(**reading))
    assert "\n" not in str(refused.value)
    return str(refused.value)


def write_rows(path, rows) -> None:
    path.write_text("\n".join(",".join(str(value) for value in row) for row in rows) + "\n")


def picture(path, shade: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (shade, shade, shade)).save(path)


def wine() -> list[list[float]]:
    """Rows as UCI Wine's: the cultivar, then thirteen attributes of their own scales."""
    noise = np.random.default_rng(0)
    scales = [0.8, 1.1, 0.3, 3.3, 14.3, 0.6, 1.0, 0.1, 0.6, 2.3, 0.2, 0.7, 315.0]
    middles = [13.0, 2.3, 2.4, 19.5, 99.7, 2.3, 2.0, 0.4, 1.6, 5.1, 1.0, 2.6, 747.0]
    return [[1 + row % 3, *np.round(noise.normal(middles, scales), 2)] for row in range(60)]


def test_attributes_without_names_are_refused_with_the_readings(tmp_path):
    file = tmp_path / "wine.data.csv"
    write_rows(file, wine())
    said = refusal(file)
    assert "seem to be attributes" in said and "--layout wide" in said and "--layout stream" in said
    assert open_dataset(file, reading=Reading(layout="wide")).input_shape == (1, 13)


@pytest.mark.parametrize("kind", ["walk", "waves", "few"])
def test_series_without_names_are_read(tmp_path, kind):
    noise = np.random.default_rng(1)
    steps = np.linspace(0, 6, 30)
    series = {
        "walk": noise.normal(size=(40, 30)).cumsum(axis=1),
        "waves": np.sin(steps + noise.uniform(0, 6, (40, 1))) + 0.5 * noise.normal(size=(40, 30)),
        "few": noise.normal(size=(8, 30)),
    }[kind]
    write_rows(tmp_path / "own.csv", [[row % 2, *values] for row, values in enumerate(series)])
    assert open_dataset(tmp_path / "own.csv").input_shape == (1, 30)


def test_the_only_column_of_words_holds_the_classes_and_what_is_no_signal_is_offered(tmp_path):
    noise = np.random.default_rng(2)
    file = tmp_path / "WISDM_ar_v1.1_raw.txt"
    rows = [
        f"{33 + user},{activity},{49105962326000 + step},{noise.normal():.3f},{step / 40:.3f},{noise.normal():.3f};"
        for user in range(6)
        for activity in ("Jogging", "Walking")
        for step in range(40)
    ]
    file.write_text("\n".join(rows) + "\n")
    said = refusal(file)
    assert "--layout stream" in said and "--ignore-columns" in said and "--group-column" in said
    reading = Reading(layout="stream", group_column="1", ignored_columns=("3",))
    data = open_dataset(file, reading=reading)
    assert data.classes == ("Jogging", "Walking") and data.input_shape == (3, 40)
    assert data.train_groups is not None


def test_a_line_of_two_records_is_named(tmp_path):
    file = tmp_path / "raw.txt"
    file.write_text("1,a,0.1\n2,b,0.2\n1,a,0.3,2,b,0.4\n")
    assert "line 3" in refusal(file)


def test_folders_of_folders_by_class_are_not_two_classes(tmp_path):
    for kind, suffix in (("images", "jpg"), ("segmentations", "png")):
        for number, name in enumerate(("001.Albatross", "002.Auk", "003.Bunting")):
            for count in range(4):
                picture(tmp_path / kind / name / f"{count}.{suffix}", 60 * number + count)
    said = refusal(tmp_path)
    assert f"--data {tmp_path / 'images'}: its 3 folders are classes" in said and "--layout classes" in said
    assert open_dataset(tmp_path / "images").num_classes == 3
    assert open_dataset(tmp_path, reading=Reading(layout="classes")).classes == ("images", "segmentations")
    shutil.rmtree(tmp_path / "segmentations")
    assert open_dataset(tmp_path).num_classes == 3


@pytest.fixture
def har(tmp_path):
    """Six-step windows of two channels, in the folders of UCI HAR."""
    noise = np.random.default_rng(3)
    (tmp_path / "activity_labels.txt").write_text("1 WALKING\n2 SITTING\n")
    for part, count in (("train", 12), ("test", 6)):
        folder = tmp_path / part
        (folder / "Inertial Signals").mkdir(parents=True)
        labels = 1 + np.arange(count) % 2
        np.savetxt(folder / f"y_{part}.txt", labels, fmt="%d")
        np.savetxt(folder / f"subject_{part}.txt", np.arange(count) // 3 + (0 if part == "train" else 9), fmt="%d")
        np.savetxt(folder / f"X_{part}.txt", noise.normal(size=(count, 5)))
        for channel in ("body_acc_x", "body_acc_y"):
            np.savetxt(folder / "Inertial Signals" / f"{channel}_{part}.txt", noise.normal(size=(count, 6)))
    return tmp_path


def test_uci_har_is_read_channel_by_channel(har):
    data = open_dataset(har)
    assert data.classes == ("SITTING", "WALKING") and data.input_shape == (2, 6)
    assert (len(data.train), len(data.test)) == (12, 6) and data.train_groups is not None
    first = np.loadtxt(har / "train" / "Inertial Signals" / "body_acc_y_train.txt")[0]
    np.testing.assert_allclose(data.train.inputs[0, 1].numpy(), first, rtol=1e-5)
    assert data.train.targets[:2].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("train/y_train.txt", "1\n2\n", "has 2 entries for 12 windows"),
        ("train/Inertial Signals/body_acc_x_train.txt", "1 2\n", "has (12, 6) rows and columns"),
        ("test/Inertial Signals/body_acc_x_test.txt", "a b\n", "is no table of numbers"),
        ("test/Inertial Signals/body_acc_x_test.txt", "1 nan\n", "has"),
        ("test/Inertial Signals/other_test.txt", "1 2\n", "different channels"),
    ],
)
def test_damaged_channels_are_named(har, file, content, said):
    (har / file).write_text(content)
    assert said in refusal(har)


@pytest.mark.parametrize("separator", [";", ","])
def test_a_table_gives_the_classes_of_test_pictures_beside_class_folders(tmp_path, separator):
    training, test = tmp_path / "Final_Training" / "Images", tmp_path / "Final_Test" / "Images"
    for number in range(3):
        for count in range(5):
            picture(training / f"{number:05d}" / f"00000_{count:05d}.ppm", 80 * number + count)
    for count in range(12):
        picture(test / f"{count:05d}.ppm", 80 * (count % 3))
    rows = [["Filename", "Width", "ClassId"], *([f"{count:05d}.ppm", 8, count % 3] for count in range(12))]
    (test / "GT-final_test.csv").write_text("\n".join(separator.join(map(str, row)) for row in rows))
    data = open_dataset(tmp_path, input_shape=(3, 8, 8))
    assert (len(data.train), len(data.test)) == (15, 12) and data.classes == ("00000", "00001", "00002")
    assert data.test.targets.tolist() == [count % 3 for count in range(12)]
    assert "classes from GT-final_test.csv for Final_Test" in data.reading
    (test / "GT-final_test.csv").unlink()
    assert "Final_Test/ has no class folders and was left aside" in open_dataset(tmp_path).reading


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("data_batch_1", "batches.meta"), "prototypenas run cifar10 --data-dir FOLDER"),
        (("train_32x32.mat", "test_32x32.mat"), "X.transpose(3, 0, 1, 2)"),
        (("SA01/D01_SA01_R01.txt", "SA01/D01_SA01_R02.txt"), "prototypenas run sisfall --data-dir FOLDER"),
        (("model.pkl",), "numpy.savez"),
        (("yes/1.mp3", "no/1.mp3"), "ffmpeg"),
        (("own.xlsx",), "save the sheet as CSV"),
        (("own.7z",), "unpack it"),
        (("own.h5",), "HDF5"),
    ],
)
def test_what_is_not_read_says_what_to_do(tmp_path, names, said):
    for name in names:
        file = tmp_path / "set" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"17,-179,-99;\n")
    assert said in refusal(tmp_path / "set")
    if "/" not in names[0]:
        assert said in refusal(tmp_path / "set" / names[0])
    archive = shutil.make_archive(str(tmp_path / "whole"), "zip", tmp_path / "set")
    packed = refusal(tmp_path / "whole.zip")
    assert said in packed and str(archive) in packed and "prototypenas-" not in packed


def test_a_test_table_without_known_classes_is_left_aside(tmp_path):
    for number in range(2):
        for count in range(5):
            picture(tmp_path / "train" / f"{number}" / f"a{count}.png", 90 * number)
    for count in range(10):
        picture(tmp_path / "test" / f"{count}.png", 0)
    pd.DataFrame({"file": [f"{count}.png" for count in range(10)], "label": 7}).to_csv(tmp_path / "t.csv", index=False)
    assert "was left aside" in open_dataset(tmp_path, input_shape=(3, 8, 8)).reading
