from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from evaluators.augmentation import Augmentation
from evaluators.datasets.digits import Digits
from evaluators.datasets.samples import ClassificationData, Samples, assembled
from evaluators.suitable_augmentation import augmentation_for, automatic_changes, mirroring_keeps_classes
from prototypenas.errors import ConfigurationError


def images_of(pictures: list[Image.Image], labels: list[int]) -> Samples:
    pixels = np.stack([np.asarray(picture) for picture in pictures])
    return Samples(torch.from_numpy(pixels)[:, None], torch.tensor(labels))


def arrow(left: bool, generator: np.random.Generator) -> Image.Image:
    picture = Image.new("L", (32, 32), int(generator.integers(60)))
    x, y = generator.integers(-2, 3, 2)
    points = [(4, 16), (14, 6), (14, 12), (28, 12), (28, 20), (14, 20), (14, 26)]
    shown = [((px if left else 31 - px) + int(x), py + int(y)) for px, py in points]
    ImageDraw.Draw(picture).polygon(shown, fill=200)
    return picture


def blob(kind: int, generator: np.random.Generator) -> Image.Image:
    picture = Image.new("L", (32, 32), int(generator.integers(40)))
    x, y, size = (int(value) for value in (*generator.integers(8, 20, 2), generator.integers(4, 9)))
    draw = ImageDraw.Draw(picture)
    shape = [draw.ellipse, draw.rectangle, lambda box, fill: draw.rectangle((0, box[1], 31, box[1] + 3), fill)][kind]
    shape((x - size, y - size, x + size, y + size), 220)
    return picture


def series(count: int, channels: int, length: int, *, grouped: bool = False) -> ClassificationData:
    samples = Samples(torch.randn(count, channels, length), torch.arange(count) % 2)
    groups = torch.arange(count) % 5 if grouped else None
    return assembled("wind", ["a", "b"], samples, samples, split="made up", train_groups=groups)


def test_arrows_are_not_mirrored_and_blobs_are():
    generator = np.random.default_rng(0)
    kinds = [number % 3 for number in range(600)]
    blobs = images_of([blob(kind, generator) for kind in kinds], kinds)
    assert mirroring_keeps_classes(blobs, 3)
    signs = images_of([arrow(bool(number % 2), generator) for number in range(200)], [n % 2 for n in range(200)])
    assert not mirroring_keeps_classes(signs, 2)


def test_two_arrows_among_many_symmetric_signs_forbid_mirroring():
    generator = np.random.default_rng(1)
    kinds = [number % 3 for number in range(1_400)]
    pictures = [blob(kind, generator) for kind in kinds] + [arrow(bool(n % 2), generator) for n in range(80)]
    both = images_of(pictures, kinds + [3 + n % 2 for n in range(80)])
    assert not mirroring_keeps_classes(both, 5)


def test_digits_are_shifted_and_turned_but_not_mirrored():
    data = Digits().load()
    assert automatic_changes(data) == ("shift", "rotate", "scale", "brightness")
    assert augmentation_for(data) == Augmentation(shift=2, rotation_degrees=10.0, scale=0.1, brightness=0.2)
    assert augmentation_for(data, ("auto", "flip")).flip, "unless asked"


def test_series_move_by_a_share_of_their_length():
    assert augmentation_for(series(40, 6, 30)) == Augmentation(shift=1, scale=0.1, noise=0.05)
    assert augmentation_for(series(40, 6, 512)).shift == 16
    assert augmentation_for(series(40, 6, 512, grouped=True)).shift == 64, "windows begin anywhere"


def test_what_a_set_declares_comes_before_what_is_derived():
    declared = replace(series(40, 3, 64), augmentation=Augmentation(shift=7))
    assert augmentation_for(declared) == Augmentation(shift=7)
    assert augmentation_for(declared, ("auto", "rotate")) == Augmentation(shift=7, rotation_degrees=30.0)
    assert augmentation_for(declared, ("none",)) == Augmentation()
    assert augmentation_for(declared, ("speed", "erase")) == Augmentation(speed=0.1, erase=0.1)


def test_shifts_are_of_the_stored_pixels(few_digits):
    enlarged = replace(few_digits, input_shape=(1, 128, 128))
    assert augmentation_for(enlarged, ("shift", "erase", "random")) == Augmentation(
        shift=1, erase=0.3, random_changes=2
    )


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("flip",), "'flip' is unknown for series; give auto, none, or some of shift, rotate"),
        (("none", "shift"), "none goes with no other"),
        ((), "'' is unknown"),
        (("rotate",), "three axes, but wind has 2 channels"),
    ],
)
def test_what_does_not_suit_is_refused(names, message):
    with pytest.raises(ConfigurationError, match=message):
        augmentation_for(series(8, 2, 16), names)
