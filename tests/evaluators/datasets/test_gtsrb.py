"""The publisher's folders, in small."""

import numpy as np
import pytest
from PIL import Image

from evaluators.datasets.gtsrb import GTSRB, list_gtsrb
from prototypenas.errors import DatasetError


@pytest.fixture
def published(tmp_path):
    root = tmp_path / "GTSRB"
    for sign in (0, 7):
        folder = root / "Final_Training" / "Images" / f"{sign:05d}"
        folder.mkdir(parents=True)
        for number in range(2):
            Image.fromarray(np.full((4, 4, 3), sign, np.uint8)).save(folder / f"0000{number}.ppm")
    test = root / "Final_Test" / "Images"
    test.mkdir(parents=True)
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(test / "00000.ppm")
    return root


def test_folders_name_the_training_labels(published, tmp_path):
    part = list_gtsrb(GTSRB, tmp_path, True, False)
    assert [int(label) for label in part.labels] == [0, 0, 7, 7] and len(part.classes) == 43


@pytest.mark.parametrize("place", ["Final_Test/Images", ".", ".."])
def test_test_labels_are_found_wherever_their_archive_was_unpacked(published, tmp_path, place):
    (published / place / "GT-final_test.csv").write_text("Filename;Width;ClassId\n00000.ppm;4;7\n")
    part = list_gtsrb(GTSRB, tmp_path, False, False)
    assert [int(label) for label in part.labels] == [7]


def test_a_missing_or_damaged_table_of_test_labels_is_named(published, tmp_path):
    with pytest.raises(DatasetError, match=r"GT-final_test\.csv"):
        list_gtsrb(GTSRB, tmp_path, False, False)
    (published / "GT-final_test.csv").write_text("Filename;Class\n00000.ppm;7\n")
    with pytest.raises(DatasetError, match="lacks Filename or ClassId"):
        list_gtsrb(GTSRB, tmp_path, False, False)
