from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evaluators.datasets.pictures import bits_of, read_pictures
from prototypenas.errors import ConfigurationError, DatasetError


def saved(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(pixels).save(path)
    return path


def test_colours_order_and_orientation_survive(tmp_path):
    pixels = np.zeros((8, 8, 3), dtype=np.uint8)
    pixels[:4, :, 0] = 200
    pixels[4:, :4, 2] = 90
    (picture,) = read_pictures([saved(tmp_path / "a.png", pixels)], (3, 8, 8), name="toy")
    assert np.array_equal(picture.numpy(), pixels.transpose(2, 0, 1))


def test_wide_pictures_are_cut_in_the_middle_not_squeezed(tmp_path):
    pixels = np.zeros((10, 30), dtype=np.uint8)
    pixels[:, 10:20] = 255
    (picture,) = read_pictures([saved(tmp_path / "a.png", pixels)], (1, 10, 10), name="toy")
    assert picture.min() == 255


def test_grey_files_become_colour_and_the_other_way_round(tmp_path):
    path = saved(tmp_path / "grey.png", np.full((5, 5), 77, dtype=np.uint8))
    assert read_pictures([path], (3, 5, 5), name="toy").unique().tolist() == [77]
    assert read_pictures([path], (1, 5, 5), name="toy").shape == (1, 1, 5, 5)


def test_a_missing_truncated_or_false_picture_is_named(tmp_path):
    generator = np.random.default_rng(0)
    whole = saved(tmp_path / "whole.jpg", generator.integers(0, 256, (64, 64, 3)).astype(np.uint8))
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(whole.read_bytes()[:600])
    with pytest.raises(DatasetError, match=r"broken\.jpg of toy is truncated"):
        read_pictures([whole, broken], (3, 8, 8), name="toy")
    broken.write_text("not a picture")
    with pytest.raises(DatasetError, match=r"broken\.jpg of toy is truncated or no image"):
        read_pictures([broken], (3, 8, 8), name="toy")
    with pytest.raises(DatasetError, match=r"gone\.jpg of toy is missing"):
        read_pictures([tmp_path / "gone.jpg"], (3, 8, 8), name="toy")


@pytest.mark.parametrize("shape", [(3, 8), (2, 8, 8)])
def test_other_shapes_are_refused(tmp_path, shape):
    with pytest.raises(ConfigurationError, match="1xHxW or 3xHxW"):
        read_pictures([], shape, name="toy")


def test_pictures_are_turned_as_exif_says(tmp_path):
    pixels = np.zeros((8, 8), dtype=np.uint8)
    pixels[0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    (picture,) = read_pictures([tmp_path / "a.png"], (1, 8, 8), name="toy")
    assert picture[0, :, -1].tolist() == [255] * 8 and picture.float().mean() == 255 / 8


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_deep_pictures_keep_their_grey(tmp_path, bits):
    pixels = np.linspace(0, 2**bits - 1, 64).astype(np.uint16).reshape(8, 8)
    path = saved(tmp_path / "a.png", pixels)
    assert bits_of([path]) == bits
    (picture,) = read_pictures([path], (1, 8, 8), name="toy", bits=bits_of([path]))
    assert np.array_equal(picture[0].numpy(), pixels >> (bits - 8))


def test_transparent_drawings_do_not_disappear(tmp_path):
    pixels = np.zeros((8, 8, 4), dtype=np.uint8)
    pixels[2:6, 2:6, 3] = 255
    (picture,) = read_pictures([saved(tmp_path / "a.png", pixels)], (1, 8, 8), name="toy")
    assert picture.unique().tolist() == [0, 128]
    Image.fromarray(pixels).convert("P").save(tmp_path / "b.png", transparency=5)
    assert read_pictures([tmp_path / "b.png"], (3, 8, 8), name="toy").shape == (1, 3, 8, 8)


@pytest.mark.parametrize("side", [40, 64])
def test_a_picture_too_large_to_decode_is_refused(tmp_path, monkeypatch, side):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    path = saved(tmp_path / "huge.png", np.zeros((side, side), dtype=np.uint8))
    with pytest.raises(DatasetError, match=r"huge\.png of toy has more than 1000 pixels"):
        read_pictures([path], (1, 8, 8), name="toy", bits=bits_of([path]))
