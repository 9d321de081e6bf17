import pytest
import torch
from PIL import Image

from evaluators.datasets.new_pictures import new_pictures, read_as_stored, read_letterboxed
from prototypenas.errors import DatasetError


@pytest.fixture
def folder(tmp_path):
    for name, size in (("b.png", (8, 4)), ("a.JPG", (4, 8)), (".hidden.png", (4, 4))):
        Image.new("RGB", size, (200, 10, 30)).save(tmp_path / name, "PNG")
    (tmp_path / "notes.txt").touch()
    return tmp_path


def test_pictures_of_a_flat_folder_are_found_in_order(folder):
    assert [path.name for path in new_pictures(folder)] == ["a.JPG", "b.png"]
    assert new_pictures(folder / "b.png") == (folder / "b.png",)
    assert new_pictures(folder / "notes.txt") == () == new_pictures(folder / "missing")


def test_a_folder_of_folders_holds_labelled_data(folder):
    (folder / "cats").mkdir()
    assert new_pictures(folder) == ()


def test_pictures_take_the_shape_of_the_networks_input(folder):
    stored = read_as_stored(new_pictures(folder), (3, 4, 4))
    assert stored.dtype == torch.uint8 and tuple(stored.shape) == (2, 3, 4, 4)
    assert stored[:, 0].float().mean() == pytest.approx(200, abs=2)


def test_a_detector_sees_them_letterboxed_and_without_boxes(folder):
    seen = read_letterboxed(new_pictures(folder), (3, 8, 8))
    assert len(seen) == 2 and len(seen.boxes) == 0 and seen.names == ("a.JPG", "b.png")


def test_a_file_that_is_no_picture_is_named(folder):
    (folder / "c.png").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=r"c\.png"):
        read_as_stored(new_pictures(folder), (3, 4, 4))
