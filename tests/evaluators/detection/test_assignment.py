import numpy as np
import torch

from evaluators.detection.assignment import Targets, assigned
from evaluators.detection.box_augmentation import targets_of
from prototypenas.detection.anchors import YOLOV5_ANCHORS, scaled

STRIDES = (8, 16, 32)


def literal(targets: Targets, side: int) -> list[set[tuple[int, ...]]]:
    """Every box against every anchor of every level, cell by cell."""
    found = []
    for level, stride in zip(scaled(YOLOV5_ANCHORS, side), STRIDES, strict=True):
        cells, size = set(), side // stride
        for number, (owner, box) in enumerate(zip(targets.owners.tolist(), targets.boxes.tolist(), strict=True)):
            width, height = np.float32(box[2]) - np.float32(box[0]), np.float32(box[3]) - np.float32(box[1])
            if min(width, height) < 2:
                continue
            x, y = (np.float32(box[0] + box[2]) / 2 / stride, np.float32(box[1] + box[3]) / 2 / stride)
            column, row = min(int(x), size - 1), min(int(y), size - 1)
            for anchor, (w, h) in enumerate(level):
                if max(width / w, w / width, height / h, h / height) >= 4:
                    continue
                cells.add((owner, anchor, row, column, number))
                if x % 1 < 0.5 and x > 1:
                    cells.add((owner, anchor, row, column - 1, number))
                if x % 1 > 0.5 and column < size - 1:
                    cells.add((owner, anchor, row, column + 1, number))
                if y % 1 < 0.5 and y > 1:
                    cells.add((owner, anchor, row - 1, column, number))
                if y % 1 > 0.5 and row < size - 1:
                    cells.add((owner, anchor, row + 1, column, number))
        found.append(cells)
    return found


def of(targets: Targets, side: int) -> list[set[tuple[int, ...]]]:
    anchors = [torch.tensor(level) for level in scaled(YOLOV5_ANCHORS, side)]
    maps = [(side // stride, side // stride) for stride in STRIDES]
    found = []
    for level in assigned(targets, anchors, maps, STRIDES):
        rows = torch.stack((level.picture, level.anchor, level.row, level.column, level.box), dim=1).tolist()
        assert len({tuple(row) for row in rows}) == len(rows), "each at most once"
        found.append({tuple(row) for row in rows})
    return found


def test_assignment_is_that_of_a_loop_over_everything(some_pictures):
    for seed in range(200):
        targets = targets_of(some_pictures(np.random.default_rng(seed), 3, side=128))
        assert of(targets, 128) == literal(targets, 128), seed


def test_a_box_is_learnt_by_at_most_three_cells_an_anchor(some_pictures):
    targets = targets_of(some_pictures(np.random.default_rng(0), 20, side=128))
    for level in of(targets, 128):
        counts: dict[tuple[int, int], int] = {}
        for _, anchor, _, _, box in level:
            counts[box, anchor] = counts.get((box, anchor), 0) + 1
        assert counts and max(counts.values()) <= 3


def test_boxes_too_small_to_see_are_left_out():
    tiny = Targets(
        torch.zeros(1, dtype=torch.int64), torch.tensor([[5.0, 5, 6, 30]]), torch.zeros(1, dtype=torch.int64)
    )
    assert of(tiny, 128) == [set(), set(), set()]
