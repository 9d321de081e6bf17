"""What is checked and put together whatever the files' form."""

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evaluators.datasets import open_dataset
from evaluators.datasets.box_annotations import (
    AnnotatedPicture,
    AnnotatedSet,
    Annotation,
    check_names,
    checked_box,
    detection_data,
    slashed,
)
from evaluators.datasets.boxed_pictures import DetectionData
from prototypenas.errors import DatasetError
from tests.evaluators.datasets.box_files import BOXES, CLASSES, FORMS, SHAPE, original, write_label, yolo


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_recognised_and_gives_the_same_boxes(form, tmp_path):
    data = open_dataset(FORMS[form](tmp_path / "pets"), input_shape=SHAPE)
    assert isinstance(data, DetectionData) and data.name == "pets"
    assert (len(data.train), len(data.test), data.classes) == (3, 1, CLASSES)
    found = original(data)
    assert set(found) == set(BOXES)
    for name, boxes in BOXES.items():
        for (label, box), (other, truth) in zip(found[name], boxes, strict=True):
            assert label == other and np.allclose(box, truth, atol=0.01)
    assert data.train.pictures.shape == (3, *SHAPE)


@pytest.mark.parametrize("form", ["yolo", "coco"])
def test_a_class_without_a_box_is_left_out_and_said(form, tmp_path):
    data = open_dataset(FORMS[form](tmp_path), input_shape=SHAPE)
    assert "unicorn" in data.notes[0]


def test_empty_boxes_are_counted_and_too_many_of_them_refused(tmp_path):
    root = yolo(tmp_path / "few")
    write_label(root, "0 0.5 0.5 0.2 0.2\n0 0.5 0.5 0 0.2")
    assert "1 boxes are empty" in " ".join(open_dataset(root, input_shape=SHAPE).notes)
    root = yolo(tmp_path / "many")
    write_label(root, "0 0.5 0.5 0.2 0.2\n" + "0 0.5 0.5 0 0.2\n" * 4)
    with pytest.raises(DatasetError, match="4 of 8 boxes"):
        open_dataset(root, input_shape=SHAPE)


def plain_set(folder: Path, count: int, parts: dict[str, int]) -> AnnotatedSet:
    """So many pictures of 40x20 pixels, each with a box; `parts` says how many of them each part has."""
    pictures = []
    for number in range(count):
        path = folder / f"{number}.png"
        Image.fromarray(np.full((20, 40, 3), number, np.uint8)).save(path)
        pictures.append(AnnotatedPicture(path, path.name, (Annotation("thing", (2, 4, 10, 12)),)))
    ends = np.cumsum([0, *parts.values()]).tolist()
    return AnnotatedSet(
        "things",
        ("thing",),
        {part: pictures[start:end] for part, start, end in zip(parts, ends, ends[1:], strict=False)},
    )


@pytest.mark.parametrize(
    ("parts", "train", "test"),
    [
        ({"train": 6, "val": 2, "test": 2}, 8, 2),
        ({"train": 6, "test": 4}, 6, 4),
        ({"train": 7, "val": 3}, 7, 3),
        ({"train": 10}, 8, 2),
        ({"all": 10}, 8, 2),
        ({"val": 10}, 8, 2),
    ],
)
def test_parts_are_the_publishers_or_a_fifth_is_held_out(parts, train, test, tmp_path):
    data = detection_data(plain_set(tmp_path, 10, parts), tmp_path, SHAPE)
    assert (len(data.train), len(data.test)) == (train, test)


def test_a_picture_alone_cannot_be_parted(tmp_path):
    with pytest.raises(DatasetError, match="1 pictures; at least 2"):
        detection_data(plain_set(tmp_path, 1, {"all": 1}), tmp_path, SHAPE)


def test_boxes_are_moved_into_the_letterbox_and_areas_stay_the_pictures(tmp_path):
    train = detection_data(plain_set(tmp_path, 5, {"all": 5}), tmp_path, SHAPE).train
    # 40x20 becomes 32x16, 8 pixels below the upper edge.
    assert np.allclose(train.boxes, np.array([2, 4, 10, 12]) * 0.8 + [0, 8, 0, 8])
    assert train.area.tolist() == [64.0] * 4


@pytest.mark.parametrize("values", [(1, 2, 3), (1, 2, 3, math.nan), (1, 2, 3, math.inf), ("1", 2, 3, 4)])
def test_a_box_has_four_finite_numbers(values):
    with pytest.raises(DatasetError, match="here: a box is"):
        checked_box(values, "here")


def test_a_picture_listed_twice_is_refused_and_windows_paths_are_read(tmp_path):
    one = AnnotatedPicture(tmp_path / "a.png", "a.png", ())
    with pytest.raises(DatasetError, match=r"a.png of things is listed twice"):
        check_names([one, one], "things")
    assert slashed("images\\train\\a.png") == "images/train/a.png"
