"""Where the tools that write YOLO folders leave pictures, labels and names."""

from pathlib import Path

import pytest

from evaluators.datasets.yolo_places import data_file, label_file, last_parts_below, pictures_at, text_of, usual_parts
from prototypenas.errors import DatasetError


def put(root: Path, *names: str, text: str = "") -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_data_yaml_comes_before_any_other_and_another_only_if_it_has_names(tmp_path):
    put(tmp_path, "other.yaml", text="lr: 1")
    assert data_file(tmp_path) is None
    put(tmp_path, "other.yaml", text="names: [a]")
    assert data_file(tmp_path) == tmp_path / "other.yaml"
    put(tmp_path, "data.yaml", text="names: [b]")
    assert data_file(tmp_path) == tmp_path / "data.yaml"


def test_a_list_of_names_counts_where_there_are_labels_and_two_must_agree(tmp_path):
    put(tmp_path, "classes.txt", text="cat\ndog\n")
    assert data_file(tmp_path) is None
    put(tmp_path, "labels/a.txt")
    assert data_file(tmp_path) == tmp_path / "classes.txt"
    put(tmp_path, "labels/classes.txt", text="cat dog")
    assert data_file(tmp_path) == tmp_path / "classes.txt"
    put(tmp_path, "labels/classes.txt", text="dog cat")
    with pytest.raises(DatasetError, match="name the classes differently"):
        data_file(tmp_path)


@pytest.mark.parametrize(
    ("folders", "parts"),
    [
        (("images/train", "images/val"), {"train": "images/train", "val": "images/val"}),
        (("train/images", "valid/images"), {"train": "train/images", "val": "valid/images"}),
        (("train", "test"), {"train": "train", "test": "test"}),
        (("images",), {"train": "images"}),
        (("pictures",), {"train": "."}),
        (("images/val",), {"train": "images"}),
    ],
)
def test_parts_are_found_by_the_usual_names(folders, parts, tmp_path):
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    assert usual_parts(tmp_path) == parts


def test_a_label_is_under_labels_unless_it_is_only_beside_its_picture(tmp_path):
    picture = tmp_path / "set" / "images" / "train" / "a.jpg"
    put(tmp_path, "set/images/train/a.jpg")
    (tmp_path / "set" / "Labels").mkdir()
    assert label_file(picture) == tmp_path / "set" / "Labels" / "train" / "a.txt"
    put(tmp_path, "set/images/train/a.txt")
    assert label_file(picture) == picture.with_suffix(".txt")
    put(tmp_path, "set/Labels/train/a.txt")
    assert label_file(picture) == tmp_path / "set" / "Labels" / "train" / "a.txt"
    assert label_file(tmp_path / "b.png") == tmp_path / "b.txt"


def test_the_end_of_a_path_of_another_machine_is_found_here_but_images_alone_is_not(tmp_path):
    (tmp_path / "train" / "images").mkdir(parents=True)
    (tmp_path / "images").mkdir()
    assert last_parts_below("/home/her/set/train/images", tmp_path) == tmp_path / "train" / "images"
    assert last_parts_below("/home/her/set/valid/images", tmp_path) is None
    assert last_parts_below("images", tmp_path) == tmp_path / "images"


def test_pictures_are_those_of_a_folder_or_of_a_list(tmp_path):
    put(tmp_path, "train/a.JPG", "train/b.png", "train/notes.md")
    assert {one.name for one in pictures_at(tmp_path / "train", tmp_path)} == {"a.JPG", "b.png"}
    put(tmp_path, "train.txt", text="\ufefftrain\\a.JPG\n\n/home/her/set/train/b.png\ntrain/none.png\n")
    found = pictures_at(tmp_path / "train.txt", tmp_path)
    assert [one.name for one in found] == ["a.JPG", "b.png", "none.png"]
    assert [one.is_file() for one in found] == [True, True, False], "what is missing is named later, not dropped"


def test_what_is_no_text_is_named(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"\xff\xfe\x00")
    for name in ("list.txt", "none.txt"):
        with pytest.raises(DatasetError, match=f"{name} is no readable text file"):
            text_of(tmp_path / name)
