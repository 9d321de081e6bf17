"""YOLO folders as Roboflow, ultralytics, LabelImg and Windows write them."""

import shutil
from pathlib import Path

import pytest

from evaluators.datasets import open_dataset
from evaluators.datasets.yolo_folder import YoloFolder
from evaluators.datasets.yolo_places import label_file
from prototypenas.errors import DatasetError
from tests.evaluators.datasets.box_files import BOXES, PARTS, SHAPE, edited, original, picture, write_label, yolo

WRONG = {
    "class 7, but names has 0 to 2": lambda root: write_label(root, "7 0.5 0.5 0.2 0.2"),
    "shares of the picture's sides": lambda root: write_label(root, "0 0.5 1.5 0.2 0.2"),
    "this is a segmentation file": lambda root: write_label(root, "0 0.1 0.1 0.2 0.2 0.3 0.3"),
    "has 4 numbers": lambda root: write_label(root, "0 0.5 0.5 0.2"),
    "is no line of numbers": lambda root: write_label(root, "cat 0.5 0.5 0.2 0.2"),
    "four finite numbers": lambda root: write_label(root, "0 nan 0.5 0.2 0.2"),
    "names are": lambda root: edited(root / "data.yaml", "[cat, dog, unicorn]", "[]"),
    "names a class twice": lambda root: edited(root / "data.yaml", "unicorn", "dog"),
    "names are numbered": lambda root: edited(root / "data.yaml", "[cat, dog, unicorn]", "{0: cat, 2: dog}"),
    "no readable text file": lambda root: (root / "labels/train/a.txt").write_bytes(b"\xff\xfe\x00"),
    "does not exist": lambda root: edited(root / "data.yaml", "images/train", "images/none"),
    "names no part": lambda root: (root / "data.yaml").write_text("names: [cat]\n"),
    "no readable YAML": lambda root: (root / "data.yaml").write_text("train: [a\n"),
    "are in training and in test": lambda root: edited(root / "data.yaml", "images/val", "images/train"),
    "have one text file": lambda root: shutil.copy(root / "images/train/a.png", root / "images/train/a.jpg"),
    "no box that is to be found": lambda root: shutil.rmtree(root / "labels" / "val"),
    "cannot be read; the first": lambda root: (root / "images" / "train" / "b.png").write_bytes(b"no picture"),
    "no picture of .* has a text file of boxes": lambda root: shutil.rmtree(root / "labels"),
    "name only training": lambda root: edited(root / "data.yaml", "images/val", "images/train"),
    "images and labels, but no data.yaml": lambda root: (root / "data.yaml").unlink(),
}


@pytest.mark.parametrize("message", WRONG)
def test_bad_input_is_named(message, tmp_path):
    root = yolo(tmp_path)
    WRONG[message](root)
    with pytest.raises(DatasetError, match=message):
        open_dataset(root, input_shape=SHAPE)


def parts_first(root: Path) -> Path:
    """Roboflow's order: train/images and train/labels, with paths that begin one level too high."""
    yolo(root)
    for part, folder in (("train", "train"), ("val", "valid")):
        (root / folder).mkdir()
        for kind in ("images", "labels"):
            (root / kind / part).rename(root / folder / kind)
    for kind in ("images", "labels"):
        (root / kind).rmdir()
    (root / "data.yaml").write_text(
        "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n\n"
        "nc: 3\nnames: ['cat', 'dog', 'unicorn']\nroboflow:\n  workspace: somebody\n"
    )
    return root


def with_path(root: Path) -> Path:
    """Ultralytics' form: a `path` that is the author's, and names as a mapping."""
    yolo(root)
    (root / "data.yaml").write_text(
        "path: ../datasets/pets  # dataset root dir\ntrain: images/train\nval: images/val\ntest:\n"
        "names:\n  0: cat\n  1: dog\n  2: unicorn\n"
    )
    return root


def with_list(root: Path) -> Path:
    """Text files that list the pictures, with Windows' slashes and line ends, and a mark of the encoding."""
    yolo(root)
    for part, names in PARTS.items():
        lines = "".join(f".\\images\\{part}\\{name}\r\n" for name in names)
        (root / f"{part}.txt").write_bytes(b"\xef\xbb\xbf" + lines.encode())
    (root / "data.yaml").write_bytes(
        b"\xef\xbb\xbftrain: [train.txt]\r\nval: val.txt\r\nnames: {'0': cat, '1': dog, '2': unicorn}\r\n"
    )
    for labels in (root / "labels").rglob("*.txt"):
        labels.write_bytes(b"\xef\xbb\xbf" + labels.read_text().replace("\n", "\r\n").encode() + b"\r\n\r\n")
    return root


def with_names_only(root: Path) -> Path:
    """What labelling tools export: the classes' names in a text file of their own."""
    yolo(root)
    (root / "data.yaml").unlink()
    (root / "classes.txt").write_text("cat\ndog\nunicorn\n")
    return root


def labels_beside_pictures(root: Path) -> Path:
    """Darknet's form."""
    for part, names in PARTS.items():
        for name in names:
            picture(root / part / name, name)
    made = yolo(root / "made")
    for part in PARTS:
        for labels in (made / "labels" / part).iterdir():
            labels.rename(root / part / labels.name)
    shutil.rmtree(made)
    (root / "data.yaml").write_text("train: train\nval: val\nnames: [cat, dog, unicorn]\n")
    return root


def of_another_machine(root: Path) -> Path:
    """Whole paths of the author's disk, for a part in the file and for another in a list."""
    parts_first(root)
    (root / "valid.txt").write_text("/home/somebody/pets/valid/images/d.png\n")
    (root / "data.yaml").write_text(
        "train: C:\\\\Users\\\\somebody\\\\pets\\\\train\\\\images\nval: /content/drive/pets/valid.txt\n"
        "names: [cat, dog, unicorn]\n".replace("\\\\", "\\")
    )
    return root


def of_cvat(root: Path) -> Path:
    """Darknet's files as CVAT exports them: lists with paths from elsewhere, names in `obj.names`."""
    labels_beside_pictures(root)
    (root / "data.yaml").unlink()
    for part, word, folder in (("train", "train", "obj_train_data"), ("val", "valid", "obj_valid_data")):
        (root / part).rename(root / folder)
        (root / f"{word}.txt").write_text("".join(f"data/{folder}/{name}\n" for name in PARTS[part]))
    (root / "obj.names").write_text("cat\ndog\nunicorn\n")
    (root / "obj.data").write_text("classes = 3\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n")
    return root


def of_labelimg(root: Path) -> Path:
    """Text files beside the pictures and the classes' names in each folder."""
    labels_beside_pictures(root)
    (root / "data.yaml").unlink()
    for part in PARTS:
        (root / part / "classes.txt").write_text("cat\ndog\nunicorn\n")
    return root


def with_capitals(root: Path) -> Path:
    yolo(root)
    for kind in ("images", "labels"):
        (root / kind).rename(root / kind.title())
    (root / "data.yaml").write_text("train: Images/train\nval: Images/val\nnames: [cat, dog, unicorn]\n")
    return root


def one_folder_deeper(root: Path) -> Path:
    yolo(root / "archive" / "pets")
    return root


FORMS = (
    *(parts_first, with_path, with_list, with_names_only, labels_beside_pictures),
    *(of_another_machine, of_cvat, of_labelimg, with_capitals, one_folder_deeper),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_the_forms_of_other_tools_are_the_same_set(form, tmp_path):
    plain = original(open_dataset(yolo(tmp_path / "plain"), input_shape=SHAPE))
    data = open_dataset(form(tmp_path / "pets"), input_shape=SHAPE)
    assert original(data) == plain and set(plain) == set(BOXES)
    assert (len(data.train), len(data.test)) == (3, 1)
    assert any("unicorn" in note for note in data.notes)


def test_names_of_classes_that_differ_are_refused(tmp_path):
    root = of_labelimg(tmp_path)
    (root / "val" / "classes.txt").write_text("dog\ncat\n")
    with pytest.raises(DatasetError, match=r"train/classes\.txt and .*val/classes\.txt name the classes differently"):
        open_dataset(root, input_shape=SHAPE)


def test_a_part_that_was_never_exported_is_left_out_and_said(tmp_path):
    root = yolo(tmp_path)
    shutil.rmtree(root / "images" / "val")
    data = open_dataset(root, input_shape=SHAPE)
    assert (len(data.train), len(data.test)) == (2, 1) and "80/20" in data.split
    assert any("names val as images/val" in note for note in data.notes)


def test_a_test_part_is_the_test_and_the_validation_part_is_learnt_from(tmp_path):
    root = yolo(tmp_path)
    picture(root / "images" / "test" / "d2.png", "d.png")
    (root / "labels" / "test").mkdir()
    shutil.copy(root / "labels" / "val" / "d.txt", root / "labels" / "test" / "d2.txt")
    edited(root / "data.yaml", "names:", "test: images/test\nnames:")
    data = open_dataset(root, input_shape=SHAPE)
    assert (len(data.train), data.test.names) == (4, ("images/test/d2.png",))


def test_a_picture_without_boxes_is_kept(tmp_path):
    root = yolo(tmp_path)
    write_label(root, "")
    (root / "labels" / "train" / "b.txt").unlink()
    data = open_dataset(root, input_shape=SHAPE)
    assert data.train.first.diff().tolist() == [0, 0, 1]


def test_a_box_over_the_border_is_cut(tmp_path):
    root = yolo(tmp_path)
    write_label(root, "0 0.9 0.5 0.4 0.5")
    found = original(open_dataset(root, input_shape=SHAPE))["a.png"]
    assert found == [("cat", (28.0, 15.0, 40.0, 45.0))]


def test_the_file_of_a_picture_is_under_the_last_folder_of_labels():
    assert label_file(Path("/images/set/images/train/a.v1.jpg")) == Path("/images/set/labels/train/a.v1.txt")
    assert label_file(Path("/set/train/a.jpg")) == Path("/set/train/a.txt")


def test_a_data_file_may_be_named_itself(tmp_path):
    root = yolo(tmp_path)
    found = YoloFolder(root / "data.yaml").read("pets")
    assert {part: len(pictures) for part, pictures in found.parts.items()} == {"train": 3, "val": 1}
    assert len(open_dataset(root / "data.yaml", input_shape=SHAPE).train) == 3
