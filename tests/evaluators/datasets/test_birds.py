from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evaluators.datasets.birds import BIRDS
from prototypenas.errors import DatasetError

SMALL = replace(BIRDS, classes=2, samples=(3, 2))


@pytest.fixture
def birds(tmp_path) -> Path:
    root = tmp_path / "CUB_200_2011"
    names = ["001.Black_footed_Albatross", "002.Laysan_Albatross"]
    images = [f"{names[number % 2]}/Bird_{number:04d}.jpg" for number in range(5)]
    for number, name in enumerate(images):
        path = root / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((9, 9, 3), 40 * number, dtype=np.uint8)).save(path)
    tables = {
        "classes.txt": names,
        "images.txt": images,
        "image_class_labels.txt": [str(number % 2 + 1) for number in range(5)],
        "train_test_split.txt": ["1", "1", "0", "0", "1"],
    }
    for name, values in tables.items():
        (root / name).write_text("".join(f"{number} {value}\n" for number, value in enumerate(values, 1)))
    return tmp_path


def test_tables_are_joined_by_image_number(birds):
    data = SMALL.load(birds, input_shape=(3, 8, 8))
    assert data.classes == ("Black_footed_Albatross", "Laysan_Albatross")
    assert data.train.targets.tolist() == [0, 1, 0]
    assert [int(image.max()) for image in data.train.inputs] == [0, 40, 160]
    assert data.test.targets.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("table", "content", "message"),
    [
        ("train_test_split.txt", "1 1\n2 1\n", "no label or split for image 3"),
        ("image_class_labels.txt", "".join(f"{number} 7\n" for number in range(1, 6)), "class 7"),
        ("images.txt", "1 a.jpg\nbroken\n", "line 2: 'broken'"),
        ("classes.txt", "", r"classes\.txt of birds is empty"),
    ],
)
def test_a_damaged_table_is_named(birds, table, content, message):
    (birds / "CUB_200_2011" / table).write_text(content)
    with pytest.raises(DatasetError, match=message):
        SMALL.load(birds, input_shape=(3, 8, 8))


def test_fewer_images_than_published_are_refused(birds):
    with pytest.raises(DatasetError, match="3 training images of birds, the complete set has 5994"):
        replace(BIRDS, classes=2).load(birds, input_shape=(3, 8, 8))
    with pytest.raises(DatasetError, match=r"images\.txt of birds is missing.*caltech"):
        BIRDS.load(birds / "CUB_200_2011")
