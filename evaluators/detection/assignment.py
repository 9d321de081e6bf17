"""Which predictions are to find which boxes: YOLOv5's rule, written from its description.

A box is given to every anchor whose sides differ from its own by less than four times, in the cell of its centre and in
the nearer neighbour of each direction, so that up to three cells of a level learn it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from prototypenas.detection.anchors import RATIO

LEAST_SIDE = 2.0
"""Input pixels; smaller boxes are assigned to nothing."""


@dataclass(frozen=True)
class Targets:
    """The boxes of a batch of pictures, crowds left out."""

    owners: Tensor
    """`(M,)` int64: number of the picture in the batch."""
    boxes: Tensor
    """`(M, 4)` float32, corners in input pixels."""
    labels: Tensor
    """`(M,)` int64."""


@dataclass(frozen=True)
class LevelAssignment:
    """The predictions of one level that are to find a box, one entry each, `(K,)` int64."""

    picture: Tensor
    anchor: Tensor
    row: Tensor
    column: Tensor
    box: Tensor
    """Number of the box in the targets."""


def assigned(
    targets: Targets, anchors: Sequence[Tensor], maps: Sequence[tuple[int, int]], strides: Sequence[int]
) -> list[LevelAssignment]:
    """Assign boxes to the anchors `(A, 2)`, in pixels, of each level; `maps` are heights and widths."""
    sides = targets.boxes[:, 2:] - targets.boxes[:, :2]
    centres = (targets.boxes[:, 2:] + targets.boxes[:, :2]) / 2
    large = (sides >= LEAST_SIDE).all(dim=1)
    return [
        _of_level(targets.owners, centres, torch.where(large[:, None], sides, 0.0), (level, size, stride))
        for level, size, stride in zip(anchors, maps, strides, strict=True)
    ]


def _of_level(
    owners: Tensor, centres: Tensor, sides: Tensor, level: tuple[Tensor, tuple[int, int], int]
) -> LevelAssignment:
    anchors, (height, width), stride = level
    quotient = sides[:, None] / anchors[None]
    # A side of 0 gives a ratio of infinity, so that boxes too small suit nothing.
    suits = torch.maximum(quotient, 1 / quotient).amax(dim=2) < RATIO
    box, anchor = suits.nonzero(as_tuple=True)
    places = centres[box] / stride
    cell = places.floor().long()
    cell = torch.minimum(cell.clamp(min=0), torch.tensor((width - 1, height - 1), device=cell.device))
    share = places - places.floor()
    last = torch.tensor((width - 1, height - 1), device=cell.device)
    lower = (share < 0.5) & (places > 1) & (cell > 0)
    upper = (share > 0.5) & (cell < last)
    chosen = [torch.ones(len(box), dtype=torch.bool, device=box.device)]
    chosen += [lower[:, 0], lower[:, 1], upper[:, 0], upper[:, 1]]
    moves = ((0, 0), (-1, 0), (0, -1), (1, 0), (0, 1))
    parts = [
        (box[mask], anchor[mask], cell[mask] + torch.tensor(move, device=cell.device))
        for mask, move in zip(chosen, moves, strict=True)
    ]
    number, kind = torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])
    column, row = torch.cat([part[2] for part in parts]).unbind(dim=1)
    return LevelAssignment(owners[number], kind, row, column, number)
