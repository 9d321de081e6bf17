import numpy as np
import pytest

from evaluators.datasets.own_data import Reading, open_dataset
from prototypenas.errors import DatasetError

LABELS = np.arange(20) % 2


def opened(tmp_path, *, reading=None, **arrays):
    np.savez(tmp_path / "own.npz", **arrays)
    return open_dataset(tmp_path / "own.npz", reading=reading)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape)


def test_damaged_and_misnamed_files_are_one_line(tmp_path):
    path = tmp_path / "own.npz"
    np.savez(path)
    with pytest.raises(DatasetError, match="holds nothing; x"):
        open_dataset(path)
    with path.open("wb") as stream:
        np.save(stream, np.zeros((4, 5)))
    with pytest.raises(DatasetError, match=r"single array \(4, 5\), an .npy by another name"):
        open_dataset(path)
    path.write_bytes(b"")
    with pytest.raises(DatasetError, match=r"no whole .npz"):
        open_dataset(path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.float64(3), "y": LABELS}, "samples of train are one value"),
        ({"x": noise(20, 5), "y": np.int64(1)}, "is one value, 1; a label for each sample"),
        ({"x": noise(0, 5), "y": LABELS[:0]}, "nothing in it"),
        ({"x": noise(20, 5), "y": np.where(LABELS, np.nan, 1.0)}, "label 2 is nan"),
        ({"x": noise(20, 5), "y": noise(20)}, "a measured value"),
        ({"x": noise(20, 5), "y": noise(20, 3)}, "is not one-hot"),
        ({"x": noise(20, 5), "y": np.ones((20, 3))}, "several classes, or none"),
        ({"x": noise(20, 5), "y": np.arange(20)}, "20 different labels for 20 samples"),
        ({"x": noise(20, 5) * 1j, "y": LABELS}, "complex128; numbers are needed"),
        ({"x": noise(20, 5), "data": noise(20, 5), "y": LABELS}, "two arrays for one thing"),
        ({"x": noise(20, 5), "y": LABELS, "x_test": noise(4, 5)}, "part test, but not both"),
    ],
)
def test_what_cannot_be_learnt_is_said(tmp_path, arrays, message):
    with pytest.raises(DatasetError, match=message):
        opened(tmp_path, **arrays)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64, np.uint16, np.int16, bool])
def test_grey_pictures_of_any_number_kind_are_pictures(tmp_path, kind):
    images = np.random.default_rng(0).integers(0, 2 if kind is bool else 256, (20, 16, 16))
    data = opened(tmp_path, x=images.astype(kind), y=LABELS)
    assert data.input_shape == (1, 16, 16)
    scale = 255 if kind is bool else 1
    assert {image.tobytes() for image in data.train.inputs.numpy()} <= {
        (image * scale).astype(np.uint8).tobytes() for image in images
    }


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1)])
def test_pictures_of_shares_are_brought_to_bytes(tmp_path, low, high):
    bytes_ = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 3))
    bytes_[0, 0, 0, :2] = (0, 255)
    data = opened(tmp_path, x=low + bytes_ / 255 * (high - low), y=LABELS)
    assert data.input_shape == (3, 16, 16)
    known = {image.transpose(2, 0, 1).astype(np.uint8).tobytes() for image in bytes_}
    assert {image.tobytes() for image in data.train.inputs.numpy()} <= known
    assert "brought to 0..255" in data.reading


def test_pictures_of_another_range_ask_for_it(tmp_path):
    images = noise(20, 16, 16, 3)
    with pytest.raises(DatasetError, match="--value-range LOW:HIGH"):
        opened(tmp_path, x=images, y=LABELS)
    data = opened(tmp_path, x=images, y=LABELS, reading=Reading(value_range=(-5.0, 5.0)))
    assert data.train.inputs.numpy().mean() == pytest.approx(127.5, abs=1)


def test_transparency_is_no_channel(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 4), dtype=np.uint8)
    data = opened(tmp_path, x=images, y=LABELS)
    assert data.input_shape == (3, 16, 16)
    assert data.train.inputs[0].numpy().tobytes() in {image[..., :3].transpose(2, 0, 1).tobytes() for image in images}


@pytest.mark.parametrize("axes", [(0, 1, 2), (0, 2, 1)])
def test_time_is_the_longer_axis_of_series(tmp_path, axes):
    series = noise(20, 3, 50).astype(np.float32)
    data = opened(tmp_path, x=series.transpose(axes), y=LABELS)
    assert data.input_shape == (3, 50)
    assert data.train.inputs[0].numpy().tobytes() in {one.tobytes() for one in series}


@pytest.mark.parametrize(
    ("x", "offered"),
    [
        (noise(20, 24, 24), "NHW NCT NTC"),
        (noise(20, 30, 40), "NHW NCT NTC"),
        (np.random.default_rng(0).integers(0, 255, (20, 9, 128), dtype=np.uint8), "NHW NCT NTC"),
        (noise(20, 128, 9, 1), "NHWC NCHW NTC NCT"),
        (np.zeros((20, 784), dtype=np.uint8), "28x28 NT"),
        (np.zeros((20, 16, 16, 13), dtype=np.uint8), "NHWC NCHW"),
    ],
)
def test_two_readings_are_offered_and_each_can_be_chosen(tmp_path, x, offered):
    with pytest.raises(DatasetError, match=r".*".join(f"--layout {name}:" for name in offered.split())):
        opened(tmp_path, x=x, y=LABELS)
    for name in offered.split():
        chosen = Reading(layout=name, value_range=(-10.0, 255.0))
        data = opened(tmp_path, x=x, y=LABELS, reading=chosen)
        assert data.is_image == (name not in ("NT", "NTC", "NCT"))
        assert name in data.reading


def test_an_unknown_layout_names_the_known_ones(tmp_path):
    with pytest.raises(DatasetError, match=r"--layout NHCW does not suit.*NHWC \(pictures, channels last\)"):
        opened(tmp_path, x=noise(20, 5), y=LABELS, reading=Reading(layout="NHCW"))


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_one_hot_rows_and_columns_are_classes(tmp_path, kind):
    targets = np.arange(20) % 3
    data = opened(tmp_path, x=noise(20, 5), y=np.eye(3)[targets].astype(kind))
    assert data.classes == ("0", "1", "2")
    data = opened(tmp_path, x=noise(20, 5), y=targets[:, None].astype(kind))
    assert data.classes == ("0", "1", "2")


@pytest.mark.parametrize(
    "names",
    [
        ("train_images", "train_labels", "val_images", "val_labels", "test_images", "test_labels"),
        ("X_train", "Y_train", "X_valid", "Y_valid", "X_test", "Y_test"),
        ("trainData", "trainTargets", "valData", "valTargets", "testData", "testTargets"),
    ],
)
def test_names_of_keras_and_medmnist(tmp_path, names):
    images = np.random.default_rng(0).integers(0, 256, (20, 28, 28), dtype=np.uint8)
    values = (images, LABELS[:, None], images[:6], LABELS[:6, None], images[:8], LABELS[:8, None])
    data = opened(tmp_path, **dict(zip(names, values, strict=True)))
    assert (len(data.train), len(data.test)) == (20, 8)
    assert data.validation is not None and len(data.validation) == 6


def test_subjects_stay_on_one_side(tmp_path):
    subjects = np.arange(20) // 4
    data = opened(tmp_path, x=noise(20, 5), y=LABELS, subject=subjects)
    assert len(data.test) == 4 and "by group" in data.split


def test_a_folder_of_npy_files(tmp_path):
    for name, values in {
        "X_train": noise(20, 5),
        "y_train": LABELS,
        "X_test": noise(4, 5),
        "y_test": LABELS[:4],
    }.items():
        np.save(tmp_path / f"{name}.npy", values)
    data = open_dataset(tmp_path)
    assert (len(data.train), len(data.test)) == (20, 4)
