"""Which form of boxes a path is of."""

import pytest

from evaluators.datasets.own_data.boxes import is_coco, is_voc, is_yolo, open_yolo
from evaluators.datasets.reading import Reading
from prototypenas.errors import DatasetError


@pytest.fixture
def labelled(tmp_path):
    (tmp_path / "set" / "images").mkdir(parents=True)
    (tmp_path / "set" / "labels").mkdir()
    (tmp_path / "set" / "labels" / "a.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    return tmp_path


def test_images_beside_labels_are_yolo_also_one_folder_further_in(labelled):
    assert is_yolo(labelled) and is_yolo(labelled / "set")
    assert not is_coco(labelled) and not is_voc(labelled)


def test_an_empty_folder_of_labels_is_nothing(labelled):
    (labelled / "set" / "labels" / "a.txt").unlink()
    assert not is_yolo(labelled)


def test_a_yaml_file_is_asked_for_itself_and_its_lack_says_what_to_write(labelled):
    assert is_yolo(labelled / "set" / "data.yaml")
    with pytest.raises(DatasetError, match=r"no data\.yaml; write one with train, val and names"):
        open_yolo(labelled, Reading())


def test_annotations_of_the_others_are_theirs(tmp_path):
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "instances_train2017.json").write_text("{}")
    assert is_coco(tmp_path) and not is_yolo(tmp_path)
    assert not is_coco(tmp_path / "annotations" / "instances_train2017.json")
