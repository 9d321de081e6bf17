"""Digits on noise, with boxes."""

import pytest
import torch

from evaluators.datasets.digits_scattered import MOST, NOISE, ScatteredDigits
from prototypenas.detection.boxes import pairwise_iou
from prototypenas.errors import ConfigurationError


@pytest.fixture(scope="module")
def small():
    return ScatteredDigits().load(input_shape=(1, 32, 48))


def test_scattered_digits_are_tight_apart_and_of_different_digits():
    data = ScatteredDigits(classes=10).load()
    assert (len(data.train), len(data.test), data.input_shape) == (1200, 300, (1, 64, 64))
    sides = data.train.boxes[:, 2:] - data.train.boxes[:, :2]
    assert float(sides.min()) > 3 and float(sides.max()) <= 32
    assert set(data.train.labels.tolist()) == set(range(10)) and int(data.train.first.diff().max()) <= 4
    for place in range(50):
        start, end = data.train.first[place : place + 2].tolist()
        for left, top, right, bottom in data.train.boxes[start:end].long().tolist():
            inside = data.train.pictures[place, 0, top:bottom, left:right]
            assert int(inside[0].max()) > 50 and int(inside[:, 0].max()) > 50 and int(inside.max()) > 150
    assert ScatteredDigits().load().classes == ("digit",)


def test_digits_do_not_touch_and_lie_inside(small):
    for part in (small.train, small.test):
        assert bool((part.boxes[:, :2] >= 0).all()) and bool((part.boxes[:, 2:] <= torch.tensor([48, 32])).all())
        counts = part.first.diff()
        assert int(counts.min()) >= 1 and int(counts.max()) <= MOST
        for place in range(40):
            start, end = part.first[place : place + 2].tolist()
            boxes = part.boxes[start:end].double().numpy()
            overlap = pairwise_iou(boxes, boxes)
            assert overlap.sum() == pytest.approx(len(boxes))


def test_around_the_digits_there_is_noise_only(small):
    train = small.train
    for place in range(20):
        picture = train.pictures[place, 0].clone()
        start, end = train.first[place : place + 2].tolist()
        for left, top, right, bottom in train.boxes[start:end].long().tolist():
            picture[top:bottom, left:right] = 0
        assert int(picture.max()) < NOISE


def test_the_same_set_every_time_and_letters_are_not_mirrored(small):
    again = ScatteredDigits().load(input_shape=(1, 32, 48))
    assert again.digest() == small.digest() and not small.flip
    assert not set(small.train.names) & set(small.test.names)


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 64, 31), (1, 64)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ConfigurationError, match="1xHxW from 32 pixels"):
        ScatteredDigits().load(input_shape=shape)
