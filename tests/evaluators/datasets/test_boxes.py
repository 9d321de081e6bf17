"""Detection sets as files: three forms give the same boxes, and each bad input is named."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evaluators.datasets import DATASETS, open_dataset
from evaluators.datasets.boxed_pictures import DetectionData
from evaluators.datasets.coco_persons import CocoPersons
from evaluators.datasets.digits_scattered import ScatteredDigits
from prototypenas.errors import DatasetError

SHAPE = (3, 32, 32)
SIZES = {"a.png": (40, 60), "b.png": (64, 64), "c.png": (50, 30), "d.png": (60, 60)}
"""Width and height."""
BOXES = {
    "a.png": [("cat", (4, 6, 20, 30))],
    "b.png": [("dog", (0, 0, 64, 32)), ("cat", (10, 10, 30, 50))],
    "c.png": [("dog", (1, 2, 29, 20))],
    "d.png": [("cat", (5, 5, 50, 50))],
}
PARTS = {"train": ("a.png", "b.png", "c.png"), "val": ("d.png",)}
CLASSES = ("cat", "dog")


def picture(path: Path, name: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(sum(map(ord, name)))
    Image.fromarray(rng.integers(0, 256, (SIZES[name][1], SIZES[name][0], 3), dtype=np.uint8)).save(path)


def yolo(root: Path) -> Path:
    for part, names in PARTS.items():
        for name in names:
            picture(root / "images" / part / name, name)
            width, height = SIZES[name]
            lines = [
                f"{CLASSES.index(label)} {(x1 + x2) / 2 / width} {(y1 + y2) / 2 / height} "
                f"{(x2 - x1) / width} {(y2 - y1) / height}"
                for label, (x1, y1, x2, y2) in BOXES[name]
            ]
            labels = root / "labels" / part / name.replace(".png", ".txt")
            labels.parent.mkdir(parents=True, exist_ok=True)
            labels.write_text("\n".join(lines) + "\n")
    (root / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [cat, dog, unicorn]\n")
    return root


def coco(root: Path) -> Path:
    (root / "annotations").mkdir(parents=True)
    for part, names in PARTS.items():
        for name in names:
            picture(root / "images" / part / name, name)
        content = {
            "images": [
                {"id": place, "file_name": name, "width": SIZES[name][0], "height": SIZES[name][1]}
                for place, name in enumerate(names)
            ],
            "annotations": [
                {
                    "id": 10 * place + number,
                    "image_id": place,
                    "category_id": 5 + CLASSES.index(label),
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "iscrowd": 0,
                }
                for place, name in enumerate(names)
                for number, (label, (x1, y1, x2, y2)) in enumerate(BOXES[name])
            ],
            "categories": [{"id": 5, "name": "cat"}, {"id": 6, "name": "dog"}, {"id": 7, "name": "unicorn"}],
        }
        (root / "annotations" / f"instances_{part}.json").write_text(json.dumps(content))
    return root


def voc(root: Path) -> Path:
    (root / "Annotations").mkdir(parents=True)
    (root / "ImageSets" / "Main").mkdir(parents=True)
    for part, names in PARTS.items():
        (root / "ImageSets" / "Main" / f"{part}.txt").write_text("".join(f"{Path(name).stem}\n" for name in names))
        for name in names:
            picture(root / "JPEGImages" / name, name)
            objects = "".join(
                f"<object><name>{label}</name><difficult>0</difficult>"
                f"<bndbox><xmin>{x1 + 1}</xmin><ymin>{y1 + 1}</ymin>"
                f"<xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
                for label, (x1, y1, x2, y2) in BOXES[name]
            )
            text = f"<annotation><filename>{name}</filename>{objects}</annotation>"
            (root / "Annotations" / name.replace(".png", ".xml")).write_text(text)
    return root


FORMS = {"yolo": yolo, "coco": coco, "voc": voc}


def original(data: DetectionData) -> dict[str, list[tuple[str, tuple[float, ...]]]]:
    """Boxes in pixels of the original pictures."""
    found = {}
    for part in (data.train, data.test):
        for place, name in enumerate(part.names):
            start, end = part.first[place : place + 2].tolist()
            boxes = part.letterboxes[place].inverse(part.boxes[start:end].numpy()).round(3).tolist()
            labels = [data.classes[label] for label in part.labels[start:end].tolist()]
            found[Path(name).name] = [(label, tuple(box)) for label, box in zip(labels, boxes, strict=True)]
    return found


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


def test_pictures_are_decoded_once(tmp_path):
    root = yolo(tmp_path)
    first = open_dataset(root, input_shape=SHAPE)
    assert len(list(root.glob("prepared-3x32x32-*.npy"))) == 2
    for kept in root.glob("prepared-*.npy"):
        pixels = np.load(kept)
        np.save(kept, np.zeros_like(pixels))
    again = open_dataset(root, input_shape=SHAPE)
    assert int(again.train.pictures.sum()) == 0 and first.digest() != again.digest()
    picture(root / "images" / "train" / "a.png", "b.png")
    SIZES_SEEN = open_dataset(root, input_shape=SHAPE)
    assert int(SIZES_SEEN.train.pictures.sum()) > 0, "another file is decoded anew"


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


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


YOLO_WRONG = {
    "class 7, but names has 0 to 2": lambda root: write_label(root, "7 0.5 0.5 0.2 0.2"),
    "shares of the picture's sides": lambda root: write_label(root, "0 0.5 1.5 0.2 0.2"),
    "this is a segmentation file": lambda root: write_label(root, "0 0.1 0.1 0.2 0.2 0.3 0.3"),
    "has 4 numbers": lambda root: write_label(root, "0 0.5 0.5 0.2"),
    "is no line of numbers": lambda root: write_label(root, "cat 0.5 0.5 0.2 0.2"),
    "four finite numbers": lambda root: write_label(root, "0 nan 0.5 0.2 0.2"),
    "names are": lambda root: edited(root / "data.yaml", "[cat, dog, unicorn]", "[]"),
    "names a class twice": lambda root: edited(root / "data.yaml", "unicorn", "dog"),
    "does not exist": lambda root: edited(root / "data.yaml", "images/train", "images/none"),
    "names no part": lambda root: (root / "data.yaml").write_text("names: [cat]\n"),
    "no readable YAML": lambda root: (root / "data.yaml").write_text("train: [a\n"),
    "are in training and in test": lambda root: edited(root / "data.yaml", "images/val", "images/train"),
    "have one text file": lambda root: shutil.copy(root / "images/train/a.png", root / "images/train/a.jpg"),
    "no box that is to be found": lambda root: shutil.rmtree(root / "labels" / "val"),
    "cannot be read; the first": lambda root: (root / "images" / "train" / "b.png").write_bytes(b"no picture"),
    "images and labels, but no data.yaml": lambda root: (root / "data.yaml").unlink(),
}

COCO_WRONG = {
    "is truncated or no JSON": lambda root: train_json(root).write_text(train_json(root).read_text()[:200]),
    "is of image 99": lambda root: edited(train_json(root), '"image_id": 0', '"image_id": 99'),
    "is of category 99": lambda root: edited(train_json(root), '"category_id": 5', '"category_id": 99'),
    "cannot be negative": lambda root: edited(train_json(root), "[4, 6, 16, 24]", "[4, 6, -16, 24]"),
    "four finite numbers": lambda root: edited(train_json(root), "[4, 6, 16, 24]", "[4, 6, 16]"),
    "a box is": lambda root: edited(train_json(root), "[4, 6, 16, 24]", "[4, NaN, 16, 24]"),
    "its annotation says": lambda root: edited(train_json(root), '"width": 40', '"width": 41'),
    "which is in none of": lambda root: shutil.rmtree(root / "images" / "train"),
    "cannot be read; the first": lambda root: (root / "images" / "train" / "c.png").unlink(),
    "has no bbox": lambda root: edited(train_json(root), '"bbox"', '"box"'),
    "is listed twice": lambda root: edited(train_json(root), '"file_name": "b.png"', '"file_name": "a.png"'),
}

VOC_WRONG = {
    "is truncated or no XML": lambda root: (root / "Annotations" / "a.xml").write_text("<annotation><object>"),
    "xmin, ymin, xmax and ymax are needed": lambda root: edited(root / "Annotations/a.xml", "<xmin>5</xmin>", ""),
    "before it begins": lambda root: edited(root / "Annotations/a.xml", "<xmax>20</xmax>", "<xmax>2</xmax>"),
    "without a name": lambda root: edited(root / "Annotations/a.xml", "<name>cat</name>", ""),
    "no such picture": lambda root: (root / "JPEGImages" / "a.png").unlink(),
    "which has no annotation": lambda root: edited(root / "ImageSets/Main/train.txt", "a\n", "z\n"),
}


def write_label(root: Path, line: str) -> None:
    (root / "labels" / "train" / "a.txt").write_text(line + "\n")


def train_json(root: Path) -> Path:
    return root / "annotations" / "instances_train.json"


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (form, message)
        for form, wrong in (("yolo", YOLO_WRONG), ("coco", COCO_WRONG), ("voc", VOC_WRONG))
        for message in wrong
    ],
)
def test_bad_input_is_named(form, message, tmp_path):
    root = FORMS[form](tmp_path)
    {"yolo": YOLO_WRONG, "coco": COCO_WRONG, "voc": VOC_WRONG}[form][message](root)
    with pytest.raises(DatasetError, match=message):
        open_dataset(root, input_shape=SHAPE)


def test_empty_boxes_are_counted_and_too_many_of_them_refused(tmp_path):
    root = yolo(tmp_path / "few")
    write_label(root, "0 0.5 0.5 0.2 0.2\n0 0.5 0.5 0 0.2")
    assert "1 boxes are empty" in " ".join(open_dataset(root, input_shape=SHAPE).notes)
    root = yolo(tmp_path / "many")
    write_label(root, "0 0.5 0.5 0.2 0.2\n" + "0 0.5 0.5 0 0.2\n" * 4)
    with pytest.raises(DatasetError, match="4 of 8 boxes"):
        open_dataset(root, input_shape=SHAPE)


def test_scattered_digits_are_tight_apart_and_of_different_digits():
    data = ScatteredDigits(classes=10).load()
    assert (len(data.train), len(data.test), data.input_shape) == (1200, 300, (1, 64, 64))
    sides = data.train.boxes[:, 2:] - data.train.boxes[:, :2]
    assert float(sides.min()) > 3 and float(sides.max()) <= 32
    assert set(data.train.labels.tolist()) == set(range(10)) and int(data.train.first.diff().max()) <= 4
    for place in range(50):
        start, end = data.train.first[place : place + 2].tolist()
        for left, top, right, bottom in data.train.boxes[start:end].long().tolist():
            inside = data.train.pictures[place, 0, top:bottom, left:right]
            assert int(inside[0].max()) > 50 and int(inside[:, 0].max()) > 50 and int(inside.max()) > 150
    assert ScatteredDigits().load().classes == ("digit",)


def test_coco_persons_says_where_to_get_it(tmp_path):
    assert isinstance(DATASETS["coco-persons"], CocoPersons)
    with pytest.raises(DatasetError, match="18 GB"):
        CocoPersons().load(tmp_path, download=True)
    with pytest.raises(DatasetError, match=r"instances_train2017\.json of coco-persons is missing"):
        CocoPersons().load(tmp_path)


def test_a_category_that_is_absent_is_named_with_those_that_are_there(tmp_path):
    root = coco(tmp_path)
    for part in PARTS:
        (root / "annotations" / f"instances_{part}.json").rename(root / "annotations" / f"instances_{part}2017.json")
    with pytest.raises(DatasetError, match="no category person; it has cat, dog, unicorn"):
        CocoPersons().load(root, input_shape=SHAPE)


@pytest.fixture(scope="module")
def coco256(tmp_path_factory):
    import zipfile

    archive = Path(__file__).parents[4] / "shared" / "data" / "coco256.zip"
    if not archive.exists():
        pytest.skip("coco256.zip is not beside the checkout")
    root = tmp_path_factory.mktemp("coco256")
    zipfile.ZipFile(archive).extractall(root)
    return root


@pytest.mark.dataset
def test_real_persons_are_those_that_were_counted(coco256):
    data = CocoPersons().load(coco256, input_shape=(3, 64, 64))
    assert (len(data.train), int(data.train.learnable.sum()), int(data.train.crowd.sum())) == (61, 254, 5)
    assert (len(data.test), int(data.test.learnable.sum())) == (73, 350)


@pytest.mark.dataset
def test_both_forms_of_the_real_set_give_the_same_boxes(coco256, tmp_path):
    in_json = open_dataset(coco256, input_shape=(3, 64, 64))
    names = [
        row["name"] for row in json.loads((coco256 / "annotations/instances_val2017.json").read_text())["categories"]
    ]
    text = json.dumps({"train": "images/train2017", "val": "images/val2017", "names": names})
    shutil.copytree(coco256 / "images", tmp_path / "images")
    shutil.copytree(coco256 / "labels", tmp_path / "labels")
    (tmp_path / "data.yaml").write_text(text)
    in_text = open_dataset(tmp_path, input_shape=(3, 64, 64))
    without = replace(in_json, train=in_json.train.at(np.arange(len(in_json.train))))
    ours, theirs = original(without), original(in_text)
    crowds = {Path(name).name for name, count in zip(in_json.train.names, _crowds(in_json), strict=True) if count}
    for name, boxes in theirs.items():
        if name not in crowds:
            pairs = zip(sorted(boxes), sorted(ours[name]), strict=True)
            assert all(one[0] == two[0] and np.allclose(one[1], two[1], atol=0.02) for one, two in pairs), name


def _crowds(data: DetectionData) -> list[int]:
    counts = np.zeros(len(data.train), int)
    np.add.at(counts, data.train.owners.numpy(), data.train.crowd.numpy())
    return counts.tolist()
