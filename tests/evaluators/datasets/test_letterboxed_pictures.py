"""Pictures decoded into the input, and what is kept of them."""

import numpy as np
import pytest
from PIL import Image

from evaluators.datasets import open_dataset
from evaluators.datasets.letterboxed_pictures import letterboxed_pictures, picture_size
from prototypenas.detection.letterbox import PADDING, Letterbox
from prototypenas.errors import ConfigurationError, DatasetError
from tests.evaluators.datasets.box_files import SHAPE, picture, yolo


def saved(path, pixels: np.ndarray, **options: object):
    Image.fromarray(pixels).save(path, **options)
    return path


def letterboxed(paths, shape, folder):
    boxes = [Letterbox.of(picture_size(path, "set"), shape[1:]) for path in paths]
    return letterboxed_pictures(paths, boxes, shape, folder=folder, name="set")


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
    changed = open_dataset(root, input_shape=SHAPE)
    assert int(changed.train.pictures.sum()) > 0, "another file is decoded anew"


def test_a_picture_keeps_its_sides_and_the_rest_is_grey(tmp_path):
    wide = saved(tmp_path / "wide.png", np.full((20, 40, 3), 200, np.uint8))
    (pixels,) = letterboxed([wide], (3, 32, 32), tmp_path)
    assert (pixels[:, 8:24] == 200).all() and (pixels[:, :8] == PADDING).all() and (pixels[:, 24:] == PADDING).all()


@pytest.mark.parametrize("kind", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_picture_is_read_in_colour_and_in_grey(kind, tmp_path):
    suffix = "tif" if kind == "CMYK" else "png"
    path = tmp_path / f"a.{suffix}"
    if kind == "I;16":
        Image.fromarray(np.full((8, 8), 60_000, np.uint16)).save(path)
    else:
        Image.new("RGB", (8, 8), (250, 250, 250)).convert(kind).save(path)
    for channels in (1, 3):
        (pixels,) = letterboxed([path], (channels, 16, 16), tmp_path)
        assert int(pixels.min()) > 200


def test_a_thin_picture_keeps_a_pixel_and_a_rotation_is_not_applied(tmp_path):
    thin = saved(tmp_path / "thin.png", np.zeros((1, 300, 3), np.uint8))
    (pixels,) = letterboxed([thin], (3, 32, 32), tmp_path)
    assert int((pixels == 0).all(dim=0).sum()) == 32
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = saved(tmp_path / "turned.jpg", np.zeros((10, 30, 3), np.uint8), exif=exif)
    assert picture_size(turned, "set") == (10, 30)


def test_what_is_no_picture_is_named(tmp_path):
    whole = saved(tmp_path / "a.jpg", np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    (tmp_path / "cut.jpg").write_bytes(whole.read_bytes()[:1500])
    with pytest.raises(DatasetError, match=r"cut.jpg of set is truncated or no image"):
        letterboxed([tmp_path / "cut.jpg"], (3, 32, 32), tmp_path)
    with pytest.raises(DatasetError, match=r"none.png of set is missing"):
        picture_size(tmp_path / "none.png", "set")
    with pytest.raises(ConfigurationError, match="1xHxW or 3xHxW"):
        letterboxed([whole], (2, 32, 32), tmp_path)


def test_a_damaged_prepared_file_is_named_and_an_interrupted_one_is_not_taken(tmp_path):
    path = saved(tmp_path / "a.png", np.zeros((8, 8, 3), np.uint8))
    letterboxed([path], (3, 16, 16), tmp_path)
    (kept,) = tmp_path.glob("prepared-*.npy")
    whole = kept.read_bytes()
    kept.write_bytes(whole[:200])
    with pytest.raises(DatasetError, match="is damaged"):
        letterboxed([path], (3, 16, 16), tmp_path)
    np.save(kept, np.zeros((2, 3, 16, 16), np.uint8))
    with pytest.raises(DatasetError, match="remove it to decode"):
        letterboxed([path], (3, 16, 16), tmp_path)
    kept.unlink()
    kept.with_name(kept.name + ".draft").write_bytes(b"half")
    letterboxed([path], (3, 16, 16), tmp_path)
    assert kept.read_bytes() == whole


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path):
    path = saved(tmp_path / "a.png", np.zeros((8, 8, 3), np.uint8))
    assert letterboxed([path], (3, 16, 16), tmp_path / "not there").shape == (1, 3, 16, 16)
