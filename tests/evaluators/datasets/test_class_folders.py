from pathlib import Path

import pytest

from evaluators.datasets.class_folders import list_classes
from prototypenas.errors import DatasetError

SUFFIXES = frozenset({".png"})


def make(root: Path, *places: str, each: int = 3) -> Path:
    for place in places:
        (root / place).mkdir(parents=True)
        for number in range(each):
            (root / place / f"{number}.png").touch()
    return root


@pytest.mark.parametrize(
    "names",
    [
        ("train", "val", "test"),
        ("Train", "Valid", "Test"),
        ("TRAINING", "validation", "Testing"),
        ("seg_train", "seg_val", "seg_test"),
        ("training_set", "dev_set", "test_set"),
    ],
)
def test_parts_are_found_by_their_names(tmp_path, names):
    make(tmp_path, *(f"{name}/{label}" for name in names for label in ("cat", "dog")))
    listing = list_classes(tmp_path, SUFFIXES, "own")
    assert listing.classes == ("cat", "dog")
    assert [len(part) for part in (listing.train, listing.val, listing.test)] == [6, 6, 6]


@pytest.mark.parametrize("name", ["val", "valid"])
def test_validation_without_a_test_part_is_tested_on_and_said(tmp_path, name):
    listing = list_classes(make(tmp_path, "train/cat", "train/dog", f"{name}/cat", f"{name}/dog"), SUFFIXES, "own")
    assert len(listing.test) == 6 and not listing.val
    assert "validation part is what is tested on" in listing.notes[0]


def test_a_test_part_without_classes_is_left_aside_and_said(tmp_path):
    listing = list_classes(make(tmp_path, "Train/0", "Train/1", "Test", "Meta"), SUFFIXES, "own")
    assert len(listing.train) == 6 and not listing.test
    assert any("Test/ has no class folders" in note for note in listing.notes)
    assert any("left aside: Meta" in note for note in listing.notes)


def test_wrapping_and_hidden_folders_are_passed_through(tmp_path):
    make(tmp_path, "flowers/photos/rose", "flowers/photos/tulip", "flowers/photos/.cache", "__MACOSX/flowers/rose")
    assert list_classes(tmp_path, SUFFIXES, "own").classes == ("rose", "tulip")


def test_parts_inside_wrappers_and_below_classes(tmp_path):
    nested = make(tmp_path / "a", "seg_train/seg_train/sea", "seg_train/seg_train/ice", "seg_test/seg_test/sea")
    assert len(list_classes(nested, SUFFIXES, "own").test) == 3
    below = make(tmp_path / "b", "sea/train", "sea/test", "ice/train", "ice/test")
    listing = list_classes(below, SUFFIXES, "own")
    assert listing.classes == ("ice", "sea") and len(listing.test) == 6


def test_a_class_may_be_called_train(tmp_path):
    assert list_classes(make(tmp_path, "train", "car", "bus"), SUFFIXES, "own").classes == ("bus", "car", "train")


@pytest.mark.parametrize(
    ("places", "split_works"),
    [
        (("train", "test"), False),
        (("train/a", "train/b", "extra/a", "test/a"), True),
        (("test/a", "test/b", "val/a"), False),
    ],
)
def test_folders_that_can_be_read_in_two_ways_offer_both(tmp_path, places, split_works):
    make(tmp_path, *places)
    offered = "--layout split.*--layout classes" if "/" in places[0] else "--layout classes.*--layout name-part-N"
    with pytest.raises(DatasetError, match=offered):
        list_classes(tmp_path, SUFFIXES, "own")
    assert len(list_classes(tmp_path, SUFFIXES, "own", layout="classes").classes) == len(
        {p.split("/")[0] for p in places}
    )
    if split_works:
        assert list_classes(tmp_path, SUFFIXES, "own", layout="split").classes == ("a", "b")


def test_a_class_of_the_test_that_training_lacks_is_refused(tmp_path):
    make(tmp_path, "train/cat", "train/dog", "test/owl")
    with pytest.raises(DatasetError, match="train lacks: owl"):
        list_classes(tmp_path, SUFFIXES, "own")
