import numpy as np
import pytest

from evaluators.datasets.own_data.channel_files import is_channel_folder, open_channel_files
from evaluators.datasets.reading import Reading
from prototypenas.errors import DatasetError

ROWS = {"train": 24, "test": 8}


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for part, rows in ROWS.items():
        (tmp_path / part / "Signals").mkdir(parents=True)
        for channel in ("acc_x", "acc_y"):
            np.savetxt(tmp_path / part / "Signals" / f"{channel}_{part}.txt", rng.normal(size=(rows, 16)))
        (tmp_path / part / f"y_{part}.txt").write_text("\n".join(str(1 + row % 2) for row in range(rows)))
        (tmp_path / part / f"subject_{part}.txt").write_text("\n".join(str(row // 4) for row in range(rows)))
    (tmp_path / "activity_labels.txt").write_text("1 WALKING\n2 SITTING\n")
    return tmp_path


def test_files_are_channels_rows_are_windows_and_parts_stay(folder):
    assert is_channel_folder(folder) and not is_channel_folder(folder / "train")
    data = open_channel_files(folder, Reading())
    assert (len(data.train), len(data.test), data.input_shape) == (24, 8, (2, 16))
    assert set(data.classes) == {"WALKING", "SITTING"}
    expected = np.loadtxt(folder / "test" / "Signals" / "acc_y_test.txt")[3].astype(np.float32)
    assert np.array_equal(data.test.inputs[3, 1].numpy(), expected)
    assert len(data.train_groups.unique()) == 6


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("train/y_train.txt", "1 2", "2 entries for 24 windows"),
        ("train/Signals/acc_y_train.txt", "1 2\n3 4", r"has \(2, 2\) rows and columns"),
        ("train/Signals/acc_y_train.txt", "\n".join(["1 " * 16] * 23 + ["nan " * 16]), "row 24 has a gap"),
        ("train/Signals/acc_y_train.txt", "a b", "is no table of numbers"),
    ],
)
def test_files_that_do_not_belong_together_are_named(folder, file, text, said):
    (folder / file).write_text(text)
    with pytest.raises(DatasetError, match=said):
        open_channel_files(folder, Reading())


def test_parts_of_other_channels_are_refused(folder):
    (folder / "test" / "Signals" / "acc_x_test.txt").rename(folder / "test" / "Signals" / "gyro_test.txt")
    with pytest.raises(DatasetError, match=r"train, test of .* have different channels"):
        open_channel_files(folder, Reading())
