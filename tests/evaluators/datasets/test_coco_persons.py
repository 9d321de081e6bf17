"""The paper's detection set: what is said without it, and the real subset beside the checkout."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from evaluators.datasets import DATASETS, open_dataset
from evaluators.datasets.boxed_pictures import DetectionData
from evaluators.datasets.coco_persons import CocoPersons
from prototypenas.errors import DatasetError
from tests.evaluators.datasets.box_files import PARTS, SHAPE, coco, original


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
    ours, theirs = original(in_json), original(in_text)
    crowds = {Path(name).name for name, count in zip(in_json.train.names, _crowds(in_json), strict=True) if count}
    for name, boxes in theirs.items():
        if name not in crowds:
            pairs = zip(sorted(boxes), sorted(ours[name]), strict=True)
            assert all(one[0] == two[0] and np.allclose(one[1], two[1], atol=0.02) for one, two in pairs), name


def _crowds(data: DetectionData) -> list[int]:
    counts = np.zeros(len(data.train), int)
    np.add.at(counts, data.train.owners.numpy(), data.train.crowd.numpy())
    return counts.tolist()
