"""COCO's annotation files as COCO, Roboflow, CVAT and labelling tools write them."""

import json
import shutil
from pathlib import Path

import pytest

from evaluators.datasets import open_dataset
from evaluators.datasets.coco_json import CocoFolder
from prototypenas.errors import DatasetError
from tests.evaluators.datasets.box_files import BOXES, PARTS, SHAPE, coco, edited, original, picture, train_json

WRONG = {
    "is truncated or no JSON": lambda root: train_json(root).write_text(train_json(root).read_text()[:200]),
    "is of image 99": lambda root: edited(train_json(root), '"image_id": 0', '"image_id": 99'),
    "is of category 99": lambda root: edited(train_json(root), '"category_id": 5', '"category_id": 99'),
    "cannot be negative": lambda root: edited(train_json(root), "[4, 6, 16, 24]", "[4, 6, -16, 24]"),
    "four finite numbers": lambda root: edited(train_json(root), "[4, 6, 16, 24]", "[4, 6, 16]"),
    "a box is": lambda root: edited(train_json(root), "[4, 6, 16, 24]", "[4, NaN, 16, 24]"),
    "its annotation says": lambda root: edited(train_json(root), '"width": 40', '"width": 41'),
    "which is nowhere in": lambda root: shutil.rmtree(root / "images" / "train"),
    "cannot be read; the first": lambda root: (root / "images" / "train" / "c.png").unlink(),
    "has no bbox": lambda root: edited(train_json(root), '"bbox"', '"box"'),
    "only 2 different ids": lambda root: edited(train_json(root), '"id": 2, "file_name"', '"id": 1, "file_name"'),
    "has no file_name": lambda root: edited(train_json(root), '"file_name": "a.png", ', ""),
    "is listed twice": lambda root: edited(train_json(root), '"file_name": "b.png"', '"file_name": "a.png"'),
}


@pytest.mark.parametrize("message", WRONG)
def test_bad_input_is_named(message, tmp_path):
    root = coco(tmp_path)
    WRONG[message](root)
    with pytest.raises(DatasetError, match=message):
        open_dataset(root, input_shape=SHAPE)


def test_a_set_without_parts_is_split_and_exports_beside_their_pictures_are_read(tmp_path):
    root = coco(tmp_path)
    shutil.rmtree(root / "images" / "val")
    (root / "annotations" / "instances_val.json").unlink()
    (root / "train").mkdir()
    for one in (root / "images" / "train").iterdir():
        one.rename(root / "train" / one.name)
    (root / "annotations" / "instances_train.json").rename(root / "train" / "_annotations.coco.json")
    data = open_dataset(root, input_shape=SHAPE)
    assert (len(data.train), len(data.test)) == (2, 1) and "80/20" in data.split


def test_a_truncated_file_of_any_name_is_named(tmp_path):
    root = coco(tmp_path)
    for file in (root / "annotations").iterdir():
        file.rename(root / f"_{file.stem.removeprefix('instances_')}.coco.json")
    (root / "_train.coco.json").write_text((root / "_train.coco.json").read_text()[:-40])
    with pytest.raises(DatasetError, match=r"_train.coco.json is truncated or no JSON"):
        open_dataset(root, input_shape=SHAPE)


def parts_of_roboflow(root: Path) -> Path:
    """Each part with its pictures and a file of one name, and a first category that no box is of."""
    coco(root)
    for part, folder in (("train", "train"), ("val", "valid")):
        content = json.loads((root / "annotations" / f"instances_{part}.json").read_text())
        content["categories"].insert(0, {"id": 0, "name": "pets", "supercategory": "none"})
        content["info"] = {"description": "Exported from somewhere"}
        (root / "images" / part).rename(root / folder)
        (root / folder / "_annotations.coco.json").write_text(json.dumps(content))
    shutil.rmtree(root / "annotations")
    return root


def of_windows(root: Path) -> Path:
    """Backslashes in the files' names, a mark of the encoding, and gaps in the numbers of images and categories."""
    coco(root)
    for part in PARTS:
        file = root / "annotations" / f"instances_{part}.json"
        content = json.loads(file.read_text())
        for image in content["images"]:
            image["file_name"], image["id"] = f"images\\{part}\\{image['file_name']}", 70 * image["id"] + 9
            image["height"] = None
        for row in content["annotations"]:
            row["image_id"], row["category_id"] = 70 * row["image_id"] + 9, 31 * row["category_id"]
        for row in content["categories"]:
            row["id"] *= 31
        file.write_bytes(b"\xef\xbb\xbf" + json.dumps(content, indent=1).replace("\n", "\r\n").encode())
    return root


def pictures_elsewhere(root: Path) -> Path:
    """One outer folder, files named by their part, and pictures where only a search finds them."""
    made = coco(root / "archive")
    for part in PARTS:
        (made / "annotations" / f"instances_{part}.json").rename(made / f"{part}_annotations.json")
        (made / "raw" / part).mkdir(parents=True)
        (made / "images" / part).rename(made / "raw" / part / "data")
    (made / "images").rmdir()
    return root


@pytest.mark.parametrize("form", [parts_of_roboflow, of_windows, pictures_elsewhere], ids=lambda form: form.__name__)
def test_the_forms_of_other_tools_are_the_same_set(form, tmp_path):
    plain = original(open_dataset(coco(tmp_path / "plain"), input_shape=SHAPE))
    data = open_dataset(form(tmp_path / "pets"), input_shape=SHAPE)
    assert original(data) == plain and set(plain) == set(BOXES)
    assert (len(data.train), len(data.test)) == (3, 1)


def test_one_file_beside_its_pictures_is_parted_by_us(tmp_path):
    root = coco(tmp_path)
    contents = [json.loads((root / "annotations" / f"instances_{part}.json").read_text()) for part in PARTS]
    moved = {image["id"]: image["id"] + 50 for image in contents[1]["images"]}
    for image in contents[1]["images"]:
        image["id"] = moved[image["id"]]
    for row in contents[1]["annotations"]:
        row["image_id"] = moved[row["image_id"]]
    whole = {key: contents[0][key] + contents[1][key] for key in ("images", "annotations")}
    shutil.rmtree(root / "images")
    shutil.rmtree(root / "annotations")
    for name in BOXES:
        picture(root / "images" / name, name)
    # No part's name, although "test" is in it.
    (root / "latest.json").write_text(json.dumps({**whole, "categories": contents[0]["categories"]}))
    data = open_dataset(root, input_shape=SHAPE)
    assert set(original(data)) == set(BOXES) and (len(data.train), len(data.test)) == (3, 1) and "80/20" in data.split


def test_crowds_are_neither_learnt_nor_counted_and_empty_pictures_are_kept(tmp_path):
    root = coco(tmp_path)
    file = train_json(root)
    content = json.loads(file.read_text())
    content["annotations"] = [row for row in content["annotations"] if row["image_id"] != 2]
    content["annotations"][0]["iscrowd"], content["annotations"][0]["area"] = 1, 77.0
    file.write_text(json.dumps(content))
    train = open_dataset(root, input_shape=SHAPE).train
    assert train.crowd.tolist() == [True, False, False] and train.first.diff().tolist() == [1, 2, 0]
    assert train.area.tolist()[0] == 77.0


def test_only_pictures_with_the_wanted_category_are_kept_and_a_share_of_the_others(tmp_path):
    root = coco(tmp_path)
    cats = CocoFolder(root, ("cat",)).read("pets")
    assert cats.classes == ("cat",) and [len(part) for part in cats.parts.values()] == [2, 1]
    everything = CocoFolder(root, ("cat",), negatives=1.0).read("pets")
    assert [len(part) for part in everything.parts.values()] == [3, 1]
    assert all(one.label == "cat" for picture in everything.parts["train"] for one in picture.annotations)


def test_boxes_outside_are_left_out_and_counted(tmp_path):
    root = coco(tmp_path)
    edited(train_json(root), "[4, 6, 16, 24]", "[400, 6, 16, 24]")
    data = open_dataset(root, input_shape=SHAPE)
    assert any("1 boxes are empty or outside" in note for note in data.notes) and len(data.train.boxes) == 3


def test_a_test_part_without_boxes_is_left_out_and_said(tmp_path):
    root = coco(tmp_path)
    content = json.loads((root / "annotations" / "instances_val.json").read_text())
    content["images"][0]["file_name"] = "e.png"
    picture(root / "images" / "test" / "e.png", "d.png")
    (root / "annotations" / "instances_test.json").write_text(json.dumps({**content, "annotations": []}))
    data = open_dataset(root, input_shape=SHAPE)
    assert (len(data.train), len(data.test)) == (3, 1)
    assert any("test part, 1 pictures, has no box" in note for note in data.notes)
