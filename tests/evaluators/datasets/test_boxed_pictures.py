"""Pictures with boxes in memory: places, batches, digests, and what cannot be learnt from."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from evaluators.datasets.boxed_pictures import BoxedPictures, DetectionData, assembled_detection
from prototypenas.detection.letterbox import Letterbox
from prototypenas.errors import DatasetError


@pytest.fixture
def part() -> BoxedPictures:
    """Four pictures with 2, 0, 1 and 3 boxes."""
    counts = torch.tensor([2, 0, 1, 3])
    boxes = torch.arange(24, dtype=torch.float32).view(6, 4)
    return BoxedPictures(
        torch.arange(4, dtype=torch.uint8).view(4, 1, 1, 1).expand(4, 1, 8, 6).contiguous(),
        tuple(Letterbox.of((16, 12 + 2 * number), (8, 6)) for number in range(4)),
        torch.cat((torch.zeros(1, dtype=torch.int64), counts.cumsum(0))),
        boxes,
        torch.tensor([0, 1, 0, 1, 0, 1]),
        torch.tensor([False, False, True, False, False, False]),
        torch.arange(6, dtype=torch.float32),
        ("a", "b", "c", "d"),
    )


def named(part: BoxedPictures, suffix: str) -> BoxedPictures:
    return replace(part, names=tuple(name + suffix for name in part.names))


def assembled(part: BoxedPictures, other: BoxedPictures) -> DetectionData:
    return assembled_detection("set", ["cat", "dog"], part, other, split="as told")


def rows(part: BoxedPictures, place: int) -> list[list[float]]:
    start, end = part.first[place : place + 2].tolist()
    columns = (part.boxes[start:end], part.labels[start:end, None], part.area[start:end, None])
    return torch.cat(columns, dim=1).tolist()


def test_any_pictures_in_any_order_keep_their_boxes(part):
    order = [3, 1, 3, 0, 2]
    chosen = part.at(np.array(order))
    assert chosen.names == ("d", "b", "d", "a", "c") and chosen.pictures[:, 0, 0, 0].tolist() == order
    for place, number in enumerate(order):
        assert rows(chosen, place) == rows(part, number)
        assert chosen.letterboxes[place] == part.letterboxes[number]
    assert len(part.at(torch.tensor([], dtype=torch.int64))) == 0


def test_boxes_know_their_pictures(part):
    assert part.owners.tolist() == [0, 0, 2, 3, 3, 3]
    assert part.learnable.tolist() == [True, True, False, True, True, True]
    assert part.content[0].tolist() == [0, 0, 6, 8] and part.content[3].tolist()[1] > 0


def test_batches_are_all_pictures_in_order(part):
    batches = list(part.batches(3))
    assert [batch.names for batch in batches] == [("a", "b", "c"), ("d",)]
    assert torch.equal(torch.cat([batch.boxes for batch in batches]), part.boxes)
    assert part.to("cpu").names == part.names


def test_a_digest_tells_apart_what_decides_a_result(part):
    data = assembled(part, named(part, "2"))
    assert (data.input_shape, data.num_classes) == ((1, 8, 6), 2)
    changed = [
        replace(data, train=replace(part, **{name: value}))
        for name, value in (
            ("pictures", part.pictures + 1),
            ("boxes", part.boxes + 0.5),
            ("labels", 1 - part.labels),
            ("crowd", ~part.crowd),
            ("first", torch.tensor([0, 1, 2, 3, 6])),
            ("names", ("a", "b", "c", "e")),
        )
    ]
    changed += [replace(data, classes=("cat", "cow")), replace(data, flip=False)]
    digests = [one.digest() for one in (data, *changed)]
    assert len(set(digests)) == len(digests) and data.digest() == assembled(part, named(part, "2")).digest()


def test_what_cannot_be_learnt_from_is_refused(part):
    other = named(part, "2")
    with pytest.raises(DatasetError, match="names no class"):
        assembled_detection("set", [], part, other, split="")
    with pytest.raises(DatasetError, match="the training part of set is empty"):
        assembled(part.at(torch.tensor([], dtype=torch.int64)), other)
    with pytest.raises(DatasetError, match="the test part of set has no box"):
        assembled(part, other.at(torch.tensor([1, 2])))
    with pytest.raises(DatasetError, match="4 pictures of set are in training and in test, a among them"):
        assembled(part, part)
