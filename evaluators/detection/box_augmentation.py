"""Random changes of whole batches of pictures together with their boxes, on the device the batch lies on."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from evaluators.datasets.boxed_pictures import BoxedPictures
from evaluators.detection.assignment import Targets
from prototypenas.detection.letterbox import PADDING
from prototypenas.errors import ConfigurationError

LEAST_SIDE = 2.0
"""Pixels; a box with a shorter side after a change is no target any more."""
LEAST_SHARE = 0.1
"""Of a box's area that must still be seen."""
GREATEST_ASPECT = 100.0
SMALL_INPUT = 192
"""Pixels; below it a mosaic, which halves all boxes, is made of every second picture only."""


@dataclass(frozen=True)
class BoxAugmentation:
    """How pictures with boxes are varied; YOLOv5's values. All zero changes nothing."""

    mosaic: float = 1.0
    """Share of the pictures that are put together of four."""
    hue: float = 0.015
    """Greatest turn of the colours, as a share of a full one."""
    saturation: float = 0.7
    value: float = 0.4
    translate: float = 0.1
    """Greatest shift, as a share of the picture's edge."""
    scale: float = 0.5
    flip: float = 0.5
    """Share of the pictures that is mirrored left to right."""

    def __post_init__(self) -> None:
        for name in ("mosaic", "hue", "saturation", "value", "translate", "scale", "flip"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigurationError(f"augmentation {name} is {getattr(self, name)}; it must be 0 to 1")
        if self.scale >= 1:
            raise ConfigurationError(f"augmentation scale is {self.scale}; it must be below 1")

    def without_mosaic(self) -> "BoxAugmentation":
        """Return the same changes of single pictures."""
        return replace(self, mosaic=0.0)

    def __call__(self, batch: BoxedPictures, generator: torch.Generator) -> tuple[Tensor, Targets]:
        """Vary a batch: pictures `(N, C, H, W)` float32 in 0..255, and the boxes left of them."""
        made = torch.rand(len(batch), device=batch.boxes.device, generator=generator) < self.mosaic
        if bool(made.any()):
            whole, four = (~made).nonzero().squeeze(1), made.nonzero().squeeze(1)
            parts = [self._moved(*_mosaics(batch, four, generator), generator)]
            if len(whole):
                parts.append(self._moved(*_single(batch.at(whole)), generator))
            pictures, targets = _joined(parts, torch.cat((four, whole)))
        else:
            pictures, targets = self._moved(*_single(batch), generator)
        return self._coloured(*self._mirrored(pictures, targets, generator), generator)

    def _moved(
        self, pictures: Tensor, targets: Targets, size: tuple[int, int], generator: torch.Generator
    ) -> tuple[Tensor, Targets]:
        """Cut `size` out of the middle of each picture, scaled and shifted."""
        count, device = len(pictures), pictures.device
        height, width = size
        if not self.scale and not self.translate and pictures.shape[2:] == size:
            return pictures.float(), targets
        factor = 1 + self.scale * _symmetric((count, 1), device, generator)
        edges = torch.tensor((width, height), device=device)
        shift = self.translate * edges * _symmetric((count, 2), device, generator)
        canvas = torch.tensor((pictures.shape[3], pictures.shape[2]), device=device)
        # Output pixel u shows canvas pixel (u - size / 2 - shift) / factor + canvas / 2.
        grid = _axis_aligned_grid(edges / canvas / factor, -2 * shift / factor / canvas, size)
        shown = functional.grid_sample(pictures.float().sub_(PADDING), grid, align_corners=False).add_(PADDING)
        factors, shifts = factor[targets.owners], shift[targets.owners].repeat(1, 2)
        moved = (targets.boxes - canvas.repeat(2) / 2) * factors + shifts + edges.repeat(2) / 2
        return shown, _seen(replace(targets, boxes=moved), size)

    def _mirrored(self, pictures: Tensor, targets: Targets, generator: torch.Generator) -> tuple[Tensor, Targets]:
        if not self.flip:
            return pictures, targets
        turned = torch.rand(len(pictures), device=pictures.device, generator=generator) < self.flip
        # In place, for these are floats that were made here; so are the colours' below.
        pictures[turned] = pictures[turned].flip(3)
        left, top, right, bottom = targets.boxes.unbind(dim=1)
        width = pictures.shape[3]
        other = torch.stack((width - right, top, width - left, bottom), dim=1)
        return pictures, replace(targets, boxes=torch.where(turned[targets.owners][:, None], other, targets.boxes))

    def _coloured(self, pictures: Tensor, targets: Targets, generator: torch.Generator) -> tuple[Tensor, Targets]:
        """Change hue, saturation and value of each picture; of grey ones the value."""
        gains = _symmetric((3, len(pictures), 1, 1, 1), pictures.device, generator)
        if pictures.shape[1] == 3 and (self.hue or self.saturation):
            turn = _grey_axis_turn(2 * math.pi * self.hue * gains[0].flatten())
            pictures = torch.einsum("nij,njhw->nihw", turn, pictures).clamp_(0, 255)
            greatest = pictures.amax(dim=1, keepdim=True)
            # In HSV a channel is V - V s k, so that saturation scales its distance from the greatest.
            distance = (greatest - pictures).mul_(1 + self.saturation * gains[1])
            pictures = torch.sub(greatest, distance, out=distance).clamp_(min=0)
        if self.value:
            pictures.mul_(1 + self.value * gains[2]).clamp_(0, 255)
        return pictures, targets


STILL = BoxAugmentation(mosaic=0, hue=0, saturation=0, value=0, translate=0, scale=0, flip=0)
"""Changes nothing."""


def targets_of(batch: BoxedPictures) -> Targets:
    """Return the boxes of a batch that are to be found: all but crowds."""
    kept = batch.learnable
    return Targets(batch.owners[kept], batch.boxes[kept], batch.labels[kept])


def _single(batch: BoxedPictures) -> tuple[Tensor, Targets, tuple[int, int]]:
    return batch.pictures, targets_of(batch), (batch.pictures.shape[2], batch.pictures.shape[3])


def _mosaics(
    batch: BoxedPictures, places: Tensor, generator: torch.Generator
) -> tuple[Tensor, Targets, tuple[int, int]]:
    """Put each picture at `places` together with three others of the batch around a point of a double canvas."""
    count, device = len(places), batch.boxes.device
    _, channels, height, width = batch.pictures.shape
    others = torch.randint(len(batch), (count, 3), device=device, generator=generator)
    members = torch.cat((places[:, None], others), dim=1)
    share = torch.rand((count, 2), device=device, generator=generator) + 0.5
    points = (share * torch.tensor((width, height), device=device)).long().tolist()
    content = batch.content[members].tolist()
    canvas = torch.full((count, channels, 2 * height, 2 * width), PADDING, dtype=torch.uint8, device=device)
    shifts, windows = [], []
    for number, (row, point) in enumerate(zip(members.tolist(), points, strict=True)):
        for corner, member in enumerate(row):
            window, shift = _window(content[number][corner], point, corner, (height, width))
            left, top, right, bottom = window
            source = batch.pictures[member, :, top - shift[1] : bottom - shift[1], left - shift[0] : right - shift[0]]
            canvas[number, :, top:bottom, left:right] = source
            shifts.append(shift)
            windows.append(window)
    return canvas, _mosaic_targets(batch, members, shifts, windows), (height, width)


def _window(
    content: list[int], point: list[int], corner: int, size: tuple[int, int]
) -> tuple[tuple[int, int, int, int], tuple[int, int]]:
    """Return where on the double canvas a picture's content goes, and its shift; corners are TL, TR, BL, BR."""
    left, top, right, bottom = content
    x, y = point
    if corner in (0, 2):
        x1, x2, dx = max(0, x - (right - left)), x, x - right
    else:
        x1, x2, dx = x, min(2 * size[1], x + right - left), x - left
    if corner in (0, 1):
        y1, y2, dy = max(0, y - (bottom - top)), y, y - bottom
    else:
        y1, y2, dy = y, min(2 * size[0], y + bottom - top), y - top
    return (x1, y1, x2, y2), (dx, dy)


def _mosaic_targets(
    batch: BoxedPictures, members: Tensor, shifts: list[tuple[int, int]], windows: list[tuple[int, int, int, int]]
) -> Targets:
    pieces = batch.at(members.flatten())
    found = targets_of(pieces)
    shift = torch.tensor(shifts, device=found.boxes.device, dtype=torch.float32)[found.owners].repeat(1, 2)
    window = torch.tensor(windows, device=found.boxes.device, dtype=torch.float32)[found.owners]
    whole = found.boxes + shift
    cut = torch.minimum(torch.maximum(whole, window[:, :2].repeat(1, 2)), window[:, 2:].repeat(1, 2))
    kept = _area(cut) > LEAST_SHARE * _area(whole)
    return Targets(found.owners[kept] // members.shape[1], cut[kept], found.labels[kept])


def _seen(targets: Targets, size: tuple[int, int]) -> Targets:
    """Cut boxes to the picture and leave out those of which too little is left."""
    limits = torch.tensor((size[1], size[0]) * 2, device=targets.boxes.device, dtype=targets.boxes.dtype)
    cut = torch.minimum(targets.boxes.clamp(min=0), limits)
    sides = cut[:, 2:] - cut[:, :2]
    aspect = sides.amax(dim=1) / sides.amin(dim=1).clamp(min=1e-6)
    kept = (sides > LEAST_SIDE).all(dim=1) & (_area(cut) > LEAST_SHARE * _area(targets.boxes))
    kept &= aspect < GREATEST_ASPECT
    return Targets(targets.owners[kept], cut[kept], targets.labels[kept])


def _joined(parts: list[tuple[Tensor, Targets]], order: Tensor) -> tuple[Tensor, Targets]:
    """Put the parts of a batch back in their order; `order` are the places of the parts' pictures."""
    starts = [0, *(len(pictures) for pictures, _ in parts[:-1])]
    pictures = torch.empty_like(torch.cat([pictures for pictures, _ in parts]))
    pictures[order] = torch.cat([pictures for pictures, _ in parts])
    owners = torch.cat([order[targets.owners + start] for (_, targets), start in zip(parts, starts, strict=True)])
    boxes, labels = (torch.cat([getattr(targets, name) for _, targets in parts]) for name in ("boxes", "labels"))
    return pictures, Targets(owners, boxes, labels)


def _axis_aligned_grid(ratio: Tensor, offset: Tensor, size: tuple[int, int]) -> Tensor:
    """Return where `grid_sample` looks, `(N, H, W, 2)`: scaled by `ratio` and shifted by `offset`, `(N, 2)` in x and y.

    What `affine_grid` gives without rotation, in a tenth of its time, which was a third of all augmentation's.
    """
    height, width = size
    grid = torch.empty((len(ratio), height, width, 2), device=ratio.device)
    for axis, count in enumerate((width, height)):
        centres = (2 * torch.arange(count, device=ratio.device) + 1) / count - 1
        places = ratio[:, axis, None] * centres + offset[:, axis, None]
        grid[..., axis] = places[:, None, :] if axis == 0 else places[:, :, None]
    return grid


def _grey_axis_turn(angles: Tensor) -> Tensor:
    """Return matrices `(N, 3, 3)` that turn colours about the grey axis (Rodrigues' formula)."""
    cosine, sine = angles.cos(), angles.sin()
    same = cosine + (1 - cosine) / 3
    less, more = (1 - cosine) / 3 - sine / math.sqrt(3), (1 - cosine) / 3 + sine / math.sqrt(3)
    return torch.stack((same, less, more, more, same, less, less, more, same), dim=1).view(-1, 3, 3)


def _area(boxes: Tensor) -> Tensor:
    return (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(dim=1)


def _symmetric(shape: tuple[int, ...], device: torch.device, generator: torch.Generator) -> Tensor:
    return torch.rand(shape, device=device, generator=generator) * 2 - 1
