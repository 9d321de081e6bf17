from dataclasses import replace

import numpy as np
import pytest
import torch

from evaluators.datasets.boxed_pictures import BoxedPictures
from evaluators.detection.box_augmentation import STILL, BoxAugmentation, _axis_aligned_grid, targets_of
from prototypenas.detection.letterbox import Letterbox
from prototypenas.errors import ConfigurationError

SIDE = 64
ALONE = {
    "flip": {"flip": 1.0},
    "scale": {"scale": 0.5},
    "translate": {"translate": 0.2},
    "mosaic": {"mosaic": 1.0},
    "all": {"mosaic": 1.0, "scale": 0.5, "translate": 0.1, "flip": 0.5},
}


def rectangles(count: int, seed: int) -> BoxedPictures:
    """A white rectangle on black in each picture, and its box; pictures are wide, so that there is padding."""
    rng = np.random.default_rng(seed)
    letterbox = Letterbox.of((32, 64), (SIDE, SIDE))
    pictures = torch.full((count, 3, SIDE, SIDE), 114, dtype=torch.uint8)
    pictures[:, :, 16:48] = 0
    boxes = []
    for picture in pictures:
        width, height = rng.integers(10, 28, 2)
        left, top = rng.integers(0, SIDE - width), rng.integers(16, 48 - height + 1)
        picture[:, top : top + height, left : left + width] = 255
        boxes.append([left, top, left + width, top + height])
    return BoxedPictures(
        pictures,
        (letterbox,) * count,
        torch.arange(count + 1),
        torch.tensor(boxes, dtype=torch.float32),
        torch.arange(count) % 3,
        torch.zeros(count, dtype=torch.bool),
        torch.ones(count),
        tuple(map(str, range(count))),
    )


@pytest.mark.parametrize("name", ALONE)
def test_boxes_stay_on_their_rectangles(name):
    augmentation = replace(STILL, **ALONE[name])
    seen = 0
    for seed in range(6):
        pictures, targets = augmentation(rectangles(8, seed), torch.Generator().manual_seed(seed))
        assert pictures.shape == (8, 3, SIDE, SIDE)
        white = pictures[:, 0] > 185
        for owner, box in zip(targets.owners.tolist(), targets.boxes, strict=True):
            assert box.min() >= 0 and box.max() <= SIDE
            left, top, right, bottom = (round(float(edge)) for edge in box)
            inside = white[owner, top + 1 : bottom - 1, left + 1 : right - 1]
            assert inside.numel() == 0 or inside.float().mean() > 0.97
            seen += 1
        # What is white lies in a box, but for rectangles of which too little is left: a tenth of at most 28x28 pixels,
        # up to 1.5 times as wide, of one or four rectangles.
        missed = (4 if augmentation.mosaic else 1) * 0.1 * (28 * (1 + augmentation.scale)) ** 2
        for owner in range(8):
            covered = torch.zeros(SIDE, SIDE, dtype=torch.bool)
            for box in targets.boxes[targets.owners == owner]:
                left, top, right, bottom = (int(edge) for edge in (*box[:2].floor() - 1, *box[2:].ceil() + 1))
                covered[max(0, top) : bottom, max(0, left) : right] = True
            assert int((white[owner] & ~covered).sum()) <= missed
    assert seen > 20


def test_nothing_is_changed_where_nothing_is_asked():
    batch = rectangles(4, 0)
    pictures, targets = STILL(batch, torch.Generator().manual_seed(0))
    assert torch.equal(pictures, batch.pictures.float())
    assert torch.equal(targets.boxes, batch.boxes) and torch.equal(targets.labels, batch.labels)


def test_the_grid_is_that_of_an_affine_map_without_rotation():
    generator = torch.Generator().manual_seed(0)
    ratio, offset = torch.rand(5, 2, generator=generator) + 0.5, torch.rand(5, 2, generator=generator)
    zero = torch.zeros(5)
    rows = (ratio[:, 0], zero, offset[:, 0], zero, ratio[:, 1], offset[:, 1])
    theta = torch.stack(rows, dim=1).view(5, 2, 3)
    wanted = torch.nn.functional.affine_grid(theta, [5, 3, 24, 40], align_corners=False)
    assert torch.allclose(_axis_aligned_grid(ratio, offset, (24, 40)), wanted, atol=1e-5)


def test_crowds_are_no_targets():
    batch = replace(rectangles(4, 0), crowd=torch.tensor([True, False, False, True]))
    assert targets_of(batch).owners.tolist() == [1, 2]


def test_colours_change_by_their_gains_and_grey_stays_grey():
    batch = rectangles(8, 0)
    coloured = replace(STILL, saturation=0.7, hue=0.015, value=0.4)
    pictures, _ = coloured(batch, torch.Generator().manual_seed(0))
    assert float((pictures[:, 0] - pictures[:, 1]).abs().max()) < 0.01, "grey has no hue"
    padding = pictures[:, 0, 0, 0]
    assert (
        float(padding.std()) > 5 and float(padding.min()) >= 114 * 0.6 - 0.1 and float(padding.max()) <= 114 * 1.4 + 0.1
    )


def test_the_same_generator_gives_the_same_pictures():
    batch = rectangles(8, 1)
    first, second = (BoxAugmentation()(batch, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first[0], second[0]) and torch.equal(first[1].boxes, second[1].boxes)


@pytest.mark.parametrize("wrong", [{"mosaic": 1.5}, {"flip": -0.1}, {"scale": 1.0}])
def test_impossible_strengths_are_refused(wrong):
    with pytest.raises(ConfigurationError):
        replace(STILL, **wrong)
