from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evaluators.datasets.picture_folder import ArxPhotos, load_picture_folder
from prototypenas.errors import DatasetError

LANDSCAPES = ("Beach Landscape", "Desert Landscape", "Forest Landscape", "Ice & Snow Landscape", "Mountain Landscape")


def fill(folder: Path, count: int, suffix: str = "png") -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        Image.fromarray(np.full((6, 6, 3), 10 * number, dtype=np.uint8)).save(folder / f"{number}.{suffix}")


def test_arxphotos_are_found_below_their_subfolders(tmp_path):
    for name in LANDSCAPES:
        fill(tmp_path / "ARXPHOTOS314/images" / name / "first batch", 5)
        fill(tmp_path / "ARXPHOTOS314/images" / name / "second batch", 5)
    data = ArxPhotos().load(tmp_path, input_shape=(3, 8, 8))
    assert data.classes == LANDSCAPES
    assert len(data.train) == 40 and len(data.test) == 10
    assert data.test.targets.bincount().tolist() == [2] * 5


def test_other_class_folders_and_downloads_are_refused(tmp_path):
    for name in LANDSCAPES[:4]:
        fill(tmp_path / "images" / name, 3)
    with pytest.raises(DatasetError, match="4 class folders"):
        ArxPhotos().load(tmp_path, input_shape=(3, 8, 8))
    with pytest.raises(DatasetError, match="not public"):
        ArxPhotos().load(tmp_path, download=True)


def test_folders_train_and_test_are_the_split(tmp_path):
    for part, count in (("train", 4), ("test", 2)):
        fill(tmp_path / part / "screw", count, "jpg")
    fill(tmp_path / "train" / "nut", 3, "bmp")
    data = load_picture_folder(tmp_path, name="own", input_shape=(1, 8, 8))
    assert data.classes == ("nut", "screw")
    assert data.train.targets.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert data.test.targets.tolist() == [1, 1]
    fill(tmp_path / "test" / "bolt", 1)
    with pytest.raises(DatasetError, match="train lacks: bolt"):
        load_picture_folder(tmp_path, name="own", input_shape=(1, 8, 8))


def test_an_empty_class_or_a_single_one_is_refused(tmp_path):
    fill(tmp_path / "nut", 4)
    with pytest.raises(DatasetError, match="needs at least 2"):
        load_picture_folder(tmp_path, name="own", input_shape=(3, 8, 8))
    (tmp_path / "screw").mkdir()
    with pytest.raises(DatasetError, match="screw of own has no file"):
        load_picture_folder(tmp_path, name="own", input_shape=(3, 8, 8))
