"""Boxes as annotation files give them, checked and put together with their pictures, whatever the files' form."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from evaluators.datasets.boxed_pictures import BoxedPictures, DetectionData, assembled_detection
from evaluators.datasets.letterboxed_pictures import letterboxed_pictures, picture_size
from prototypenas.detection.boxes import areas, clipped
from prototypenas.detection.letterbox import Letterbox
from prototypenas.errors import DatasetError
from prototypenas.types import InputShape

SPLIT_SEED = 20
TEST_SHARE = 0.2
MISSING_SHARE = 0.001
"""Largest share of pictures that may be missing or unreadable."""
DROPPED_SHARE = 0.01
"""Largest share of boxes that may be empty; a few are allowed in any set."""
DROPPED_FEW = 3


@dataclass(frozen=True)
class Annotation:
    """One box of a picture."""

    label: str
    box: tuple[float, float, float, float]
    """Corners in picture pixels, or in shares of its sides where `in_shares`."""
    crowd: bool = False
    area: float | None = None
    """In picture pixels; the box's own where the files give none."""
    in_shares: bool = False


@dataclass(frozen=True)
class AnnotatedPicture:
    """A picture's file and its boxes."""

    path: Path
    name: str
    """Tells it apart from all others of the set, its folder included."""
    annotations: tuple[Annotation, ...]
    size: tuple[int, int] | None = None
    """Height and width as the annotations say; `None` where only the file knows."""


@dataclass(frozen=True)
class AnnotatedSet:
    """What a folder of annotations holds, before any picture is decoded."""

    name: str
    classes: tuple[str, ...]
    """All that the files name."""
    parts: "dict[str, list[AnnotatedPicture]]" = field(default_factory=dict)
    """By `train`, `val`, `test` or `all`, as the publisher parted them."""
    notes: tuple[str, ...] = ()


def checked_box(values: Sequence[float], where: str) -> None:
    """Refuse a box with other than four finite values.

    Raises:
        DatasetError: naming `where`.
    """
    if len(values) != 4 or not all(isinstance(value, int | float) and math.isfinite(value) for value in values):
        raise DatasetError(f"{where}: a box is {list(values)}; four finite numbers are needed")


def slashed(path: object) -> str:
    """Write a path of Windows as others do."""
    return str(path).replace("\\", "/")


def detection_data(found: AnnotatedSet, folder: Path, input_shape: InputShape) -> DetectionData:
    """Decode the pictures, check the boxes and part them into training and test.

    A publisher's test part is test, and its validation part then learnt from; where there is only a validation part,
    that is test. Where there is neither, a fifth of the pictures is held out by a fixed seed. Classes without a box
    are left out.

    Raises:
        DatasetError: for pictures that cannot be read, boxes that are no boxes, or a part without any.
    """
    found, notes = _without_empty_test(found)
    train, test, split = _parted(found)
    used = {one.label for picture in (*train, *test) for one in picture.annotations if not one.crowd}
    classes = [name for name in found.classes if name in used]
    unused = [name for name in found.classes if name not in used]
    if unused:
        notes.append(f"left out, for no box is of them: {', '.join(unused[:10])}{', ...' if len(unused) > 10 else ''}")
    read = [_boxed(part, classes, folder, input_shape, name=found.name, note=notes.append) for part in (train, test)]
    return assembled_detection(found.name, classes, *read, split=split, notes=notes)


def _without_empty_test(found: AnnotatedSet) -> tuple[AnnotatedSet, list[str]]:
    """Leave out a test part without a box, as contests publish it, where a validation part can be the test."""
    parts, notes = found.parts, list(found.notes)
    boxes = [box for picture in parts.get("test", []) for box in picture.annotations]
    if parts.get("test") and parts.get("val") and not boxes:
        notes.append(f"the test part, {len(parts['test'])} pictures, has no box and is left out")
        parts = {name: pictures for name, pictures in parts.items() if name != "test"}
    return replace(found, parts=parts), notes


def _parted(found: AnnotatedSet) -> tuple[list[AnnotatedPicture], list[AnnotatedPicture], str]:
    parts = {name: pictures for name, pictures in found.parts.items() if pictures}
    if "test" in parts and "train" in parts:
        return parts["train"] + parts.get("val", []), parts["test"], "as the files say"
    if "val" in parts and "train" in parts:
        return parts["train"], parts["val"], "as the files say; their validation part is the test"
    pictures = [one for part in parts.values() for one in part]
    if len(pictures) < 2:
        raise DatasetError(f"{found.name} has {len(pictures)} pictures; at least 2 are needed to train and to test")
    held = max(1, round(TEST_SHARE * len(pictures)))
    order = np.random.default_rng(SPLIT_SEED).permutation(len(pictures))
    test = set(order[:held].tolist())
    return (
        [one for place, one in enumerate(pictures) if place not in test],
        [one for place, one in enumerate(pictures) if place in test],
        "80/20 of the pictures, fixed seed; no official split",
    )


def _boxed(
    pictures: Sequence[AnnotatedPicture],
    classes: Sequence[str],
    folder: Path,
    shape: InputShape,
    *,
    name: str,
    note: Callable[[str], None],
) -> BoxedPictures:
    sized = _with_sizes(pictures, name, note)
    letterboxes = tuple(Letterbox.of(one.size, shape[1:]) for one in sized if one.size is not None)  # type: ignore[arg-type]
    tensor = letterboxed_pictures([one.path for one in sized], letterboxes, shape, folder=folder, name=name)
    numbers = {label: number for number, label in enumerate(classes)}
    boxes: list[NDArray[np.float64]] = []
    rows: list[tuple[int, bool, float]] = []
    counts, dropped = [], 0
    for one, letterbox in zip(sized, letterboxes, strict=True):
        before = len(rows)
        for annotation in one.annotations:
            box = _in_picture(annotation, one)
            if annotation.label not in numbers:
                continue
            if areas(box) <= 0:
                dropped += 1
                continue
            boxes.append(letterbox.forward(box))
            area = float(areas(box)) if annotation.area is None else annotation.area
            rows.append((numbers[annotation.label], annotation.crowd, area))
        counts.append(len(rows) - before)
    _check_dropped(dropped, len(rows), name, note)
    first = torch.cat((torch.zeros(1, dtype=torch.int64), torch.tensor(counts, dtype=torch.int64).cumsum(0)))
    return BoxedPictures(
        tensor,
        letterboxes,
        first,
        torch.as_tensor(np.array(boxes, np.float32).reshape(-1, 4)),
        torch.tensor([row[0] for row in rows], dtype=torch.int64),
        torch.tensor([row[1] for row in rows], dtype=torch.bool),
        torch.tensor([row[2] for row in rows], dtype=torch.float32),
        tuple(one.name for one in sized),
    )


def _with_sizes(pictures: Sequence[AnnotatedPicture], name: str, note: Callable[[str], None]) -> list[AnnotatedPicture]:
    """Hold every picture's size against its file; leave out the few that cannot be opened."""
    sized, wrong = [], []
    for one in pictures:
        try:
            size = picture_size(one.path, name)
        except DatasetError as error:
            wrong.append(str(error))
            continue
        if one.size is not None and one.size != size:
            raise DatasetError(
                f"{one.path} is {size[1]}x{size[0]} pixels, its annotation says {one.size[1]}x{one.size[0]}; "
                "boxes would lie wrong"
            )
        sized.append(replace(one, size=size))
    if len(wrong) > MISSING_SHARE * len(pictures):
        raise DatasetError(f"{len(wrong)} of {len(pictures)} pictures of {name} cannot be read; the first: {wrong[0]}")
    if wrong:
        note(f"{len(wrong)} pictures could not be read and are left out")
    return sized


def _in_picture(annotation: Annotation, picture: AnnotatedPicture) -> NDArray[np.float64]:
    assert picture.size is not None
    height, width = picture.size
    box = np.array(annotation.box)
    if annotation.in_shares:
        box = box * [width, height, width, height]
    return clipped(box, height, width)


def _check_dropped(dropped: int, kept: int, name: str, note: Callable[[str], None]) -> None:
    if dropped > max(DROPPED_FEW, DROPPED_SHARE * (dropped + kept)):
        raise DatasetError(f"{dropped} of {dropped + kept} boxes of {name} are empty or outside their pictures")
    if dropped:
        note(f"{dropped} boxes are empty or outside their pictures and are left out")


def check_names(pictures: Iterable[AnnotatedPicture], name: str) -> None:
    """Refuse a picture that is listed twice.

    Raises:
        DatasetError: naming it.
    """
    seen: set[str] = set()
    for one in pictures:
        if one.name in seen:
            raise DatasetError(f"{one.name} of {name} is listed twice")
        seen.add(one.name)
