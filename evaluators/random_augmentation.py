"""RandAugment on whole batches: sorted by what each image has drawn, so that each part is changed at once."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.transforms.v2 import functional as torchvision

from prototypenas.errors import ConfigurationError

SHEAR = 0.3
SHIFT = 150 / 331
"""Share of the edge."""
DEGREES = 30.0
BLEND = 0.9
LOST_BITS = 4
"""Greatest changes, as torchvision's `RandAugment` has them."""

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in grey (ITU-R BT.601)."""

Change = Callable[[Tensor, Tensor, float], Tensor]
"""Changes images `(n, C, H, W)` uint8 by a strength in 0..1, each in the direction of its sign `(n,)`."""


@dataclass(frozen=True)
class RandomAugmentation:
    """Each image undergoes so many changes, drawn uniformly, all of one strength (RandAugment, Cubuk et al. 2020)."""

    changes: int = 2
    strength: float = 0.3
    """Share of the greatest change; 0.3 is the 9 of 30 that is usual."""

    def __post_init__(self) -> None:
        if self.changes < 1 or not 0 < self.strength <= 1:
            raise ConfigurationError(
                f"random augmentation by {self.changes} changes of strength {self.strength}; "
                "at least 1 change and a strength above 0 and at most 1 are needed"
            )

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Vary one batch `(N, C, H, W)` of bytes, or of floats in 0..255, which are rounded; the result is bytes.

        The generator lives on the device of the batch.

        Raises:
            ConfigurationError: for series.
        """
        if images.dim() != 4:
            raise ConfigurationError("random augmentation is for images, not for series")
        changed = images if images.dtype == torch.uint8 else images.round().clamp(0, 255).to(torch.uint8)
        places = torch.arange(len(images), device=images.device)
        for _ in range(self.changes):
            kinds = torch.randint(len(KINDS), (len(images),), device=images.device, generator=generator)
            kinds, order = kinds.sort(stable=True)
            changed, places = changed.index_select(0, order), places[order]
            self._change(changed, kinds, _signs(kinds, generator))
        return changed.index_select(0, places.argsort())

    def _change(self, images: Tensor, kinds: Tensor, signs: Tensor) -> None:
        """Change images, which are sorted by their kinds, in place."""
        counts = torch.bincount(kinds, minlength=len(KINDS)).tolist()
        moved = sum(counts[: len(MOVES)])
        matrices = _matrices(kinds[:moved], signs[:moved] * self.strength)
        images[:moved] = warped(images[:moved], matrices)
        start = moved
        for count, change in zip(counts[len(MOVES) :], COLOURINGS.values(), strict=False):
            part = slice(start, start + count)
            if count:
                images[part] = change(images[part], signs[part], self.strength)
            start += count


def warped(images: Tensor, matrices: Tensor) -> Tensor:
    """Fetch every pixel from where its image's matrix `(n, 2, 3)` maps it, the nearest one; zero from outside.

    Coordinates run from -1 to 1 between the outer edges of the image, columns before rows.
    """
    count, channels, height, width = images.shape
    x = (2 * torch.arange(width, device=images.device) + 1) / width - 1
    y = ((2 * torch.arange(height, device=images.device) + 1) / height - 1).view(height, 1)
    across, down = matrices.view(count, 2, 3, 1, 1).unbind(1)
    # A frame of zeros stands for all that lies outside.
    columns = _framed(across, x, y, width)
    rows = _framed(down, x, y, height)
    places = rows.mul_(width + 2).add_(columns).long().view(count, 1, -1)
    flat = functional.pad(images, (1, 1, 1, 1)).view(count, channels, -1)
    return flat.gather(2, places.expand(count, channels, -1)).view_as(images)


def _framed(row: Tensor, x: Tensor, y: Tensor, size: int) -> Tensor:
    """Number of the nearest pixel along one axis, counted from a frame of one pixel: 0 and `size + 1` are outside."""
    scale, middle = size / 2, size / 2 + 1
    mapped = scale * row[:, 0] * x + (scale * row[:, 1] * y + (scale * row[:, 2] + middle))
    return mapped.floor_().clamp_(0, size + 1)


def _signs(kinds: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randint(2, kinds.shape, device=kinds.device, generator=generator) * 2.0 - 1.0


def _matrices(moves: Tensor, strengths: Tensor) -> Tensor:
    """Give the `(n, 2, 3)` matrix of each move at its signed strength."""
    turns = moves == MOVES.index("rotate")
    angles = math.radians(DEGREES) * strengths * turns
    cosine, sine, zero = angles.cos(), angles.sin(), torch.zeros_like(angles)
    turned = torch.stack((cosine, -sine, zero, sine, cosine, zero), dim=1)
    greatest = torch.tensor(GREATEST, device=moves.device)[moves]
    return torch.addcmul(turned, greatest, strengths[:, None]).view(-1, 2, 3)


def _brightness(images: Tensor, signs: Tensor, strength: float) -> Tensor:
    return _blended(images, torch.zeros((), device=images.device), signs, strength)


def _colour(images: Tensor, signs: Tensor, strength: float) -> Tensor:
    return _blended(images, _grey(images), signs, strength)


def _contrast(images: Tensor, signs: Tensor, strength: float) -> Tensor:
    return _blended(images, _grey(images).floor().mean(dim=(1, 2, 3), keepdim=True), signs, strength)


def _sharpness(images: Tensor, signs: Tensor, strength: float) -> Tensor:
    """Blend with a blur that leaves the outermost pixels."""
    values = images.short()
    lines = values[:, :, :-2] + values[:, :, 1:-1] + values[:, :, 2:]
    squares = lines[..., :-2] + lines[..., 1:-1] + lines[..., 2:]
    blurred = images.float()
    blurred[:, :, 1:-1, 1:-1].mul_(4).add_(squares).div_(13).round_()
    return _blended(images, blurred, signs, strength)


def _posterize(images: Tensor, signs: Tensor, strength: float) -> Tensor:
    changed: Tensor = torchvision.posterize(images, 8 - round(LOST_BITS * strength))
    return changed


def _solarize(images: Tensor, signs: Tensor, strength: float) -> Tensor:
    bright = images >= round(255 * (1 - strength))
    # All bits of a bright pixel are turned, which is 255 minus its value.
    return images ^ bright.to(torch.uint8).neg_()


def _autocontrast(images: Tensor, signs: Tensor, strength: float) -> Tensor:
    changed: Tensor = torchvision.autocontrast(images)
    return changed


def _equalize(images: Tensor, signs: Tensor, strength: float) -> Tensor:
    """Spread each channel's values so that all are about as frequent; several times as fast as torchvision's."""
    flat = images.flatten(0, 1).flatten(1)
    values = flat.long()
    counts = torch.zeros((len(values), 256), device=images.device)
    counts.scatter_add_(1, values, torch.ones((), device=images.device).expand(values.shape))
    darkest = counts.gather(1, flat.amin(dim=1, keepdim=True).long())
    others = values.shape[1] - darkest
    spread = (counts.cumsum(1) - darkest).clamp_(min=0) * (255 / others.clamp(min=1))
    same = torch.arange(256.0, device=images.device)
    table = torch.where(others > 0, spread.round_(), same).to(torch.uint8)
    return table.gather(1, values).view_as(images)


def _blended(images: Tensor, other: Tensor, signs: Tensor, strength: float) -> Tensor:
    """Go a share of the way towards the other image, or as far away from it."""
    factors = (1 + BLEND * strength * signs).view(-1, 1, 1, 1)
    return images.float().sub_(other).mul_(factors).add_(other).clamp_(0, 255).to(torch.uint8)


def _grey(images: Tensor) -> Tensor:
    if images.shape[1] != len(LUMA):
        return images.float().mean(dim=1, keepdim=True)
    weights = torch.tensor(LUMA, device=images.device).view(1, -1, 1, 1)
    return (images * weights).sum(dim=1, keepdim=True)


MOVES = ("shear x", "shear y", "shift x", "shift y", "rotate")

GREATEST = (
    (0.0, SHEAR, 0.0, 0.0, 0.0, 0.0),
    (0.0, 0.0, 0.0, SHEAR, 0.0, 0.0),
    (0.0, 0.0, 2 * SHIFT, 0.0, 0.0, 0.0),
    (0.0, 0.0, 0.0, 0.0, 0.0, 2 * SHIFT),
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
)
"""What each move adds to the matrix at full strength; rotation multiplies it instead."""

COLOURINGS: Mapping[str, Change] = {
    "brightness": _brightness,
    "colour": _colour,
    "contrast": _contrast,
    "sharpness": _sharpness,
    "posterize": _posterize,
    "solarize": _solarize,
    "autocontrast": _autocontrast,
    "equalize": _equalize,
}

KINDS = (*MOVES, *COLOURINGS, "nothing")
"""What is drawn from, each as likely."""
