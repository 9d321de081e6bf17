"""Random changes of whole batches, on the device the batch lies on."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from prototypenas.errors import ConfigurationError

CHANGED_ALIKE = 4
"""Images of a shuffled batch that RandAugment changes in the same way: one call each image takes four times as long."""


@dataclass(frozen=True)
class Augmentation:
    """How training samples are varied; all zero changes nothing.

    Images are `(N, C, H, W)` uint8 and stay uint8, except under rotation or scaling, which give float32 in 0..255.
    Series are `(N, C, T)` float32.
    """

    shift: int = 0
    """Greatest shift in pixels (images) or samples (series), the border filled with zeros or the edge value."""
    flip: bool = False
    """Mirror half of the images left to right."""
    rotation_degrees: float = 0.0
    """Greatest rotation of an image, either way; of a series, about any axis, where each three channels are the x, y
    and z of one sensor and all sensors turn together."""
    scale: float = 0.0
    """Greatest relative change of size (images) or amplitude (series)."""
    speed: float = 0.0
    """Greatest relative change of speed of a series; what is then missing at its ends is the edge value."""
    brightness: float = 0.0
    """Greatest relative change of brightness."""
    erase: float = 0.0
    """Edge of a square set to zero, as a share of the image's edge (cutout); share of time of a series."""
    noise: float = 0.0
    """Standard deviation of added noise, as a share of each channel's deviation in its window."""
    random_changes: int = 0
    """Before all others, each few images undergo so many changes, drawn from the fourteen of torchvision's
    `RandAugment` (Cubuk et al. 2020)."""

    def __post_init__(self) -> None:
        numbers = ("shift", "rotation_degrees", "scale", "speed", "brightness", "erase", "noise", "random_changes")
        for name in numbers:
            if getattr(self, name) < 0:
                raise ConfigurationError(f"augmentation {name} is {getattr(self, name)}; it must be at least 0")
        if max(self.scale, self.speed, self.erase, self.brightness) >= 1:
            raise ConfigurationError("augmentation scale, speed, brightness and erase must be below 1")

    def __call__(self, inputs: Tensor, generator: torch.Generator) -> Tensor:
        """Vary one batch; the generator lives on the device of the batch.

        Raises:
            ConfigurationError: if series are to be rotated whose channels are no multiple of three.
        """
        return self._images(inputs, generator) if inputs.dim() == 4 else self._series(inputs, generator)

    def _images(self, images: Tensor, generator: torch.Generator) -> Tensor:
        if self.random_changes:
            images = _randomly_changed(images, self.random_changes, generator)
        if self.rotation_degrees or self.scale:
            images = self._warped(images, generator)
        elif self.shift or self.flip:
            images = self._cropped(images, generator)
        if self.brightness:
            factor = 1 + self.brightness * _symmetric((len(images), 1, 1, 1), images.device, generator)
            images = (images.float() * factor).clamp_(0, 255)
        return _erased(images, self.erase, generator) if self.erase else images

    def _cropped(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Shift and flip by one gather of bytes."""
        count, channels, height, width = images.shape
        device = images.device
        rows = torch.arange(height, device=device) + _offsets(count, self.shift, device, generator)
        columns = torch.arange(width, device=device).expand(count, width)
        if self.flip:
            flipped = torch.rand((count, 1), device=device, generator=generator) < 0.5
            columns = torch.where(flipped, columns.flip(1), columns)
        columns = columns + _offsets(count, self.shift, device, generator)
        padded = functional.pad(images, (self.shift,) * 4) if self.shift else images
        stride = width + 2 * self.shift
        places = (rows[:, :, None] * stride + columns[:, None, :]).view(count, 1, height * width)
        flat = padded.view(count, channels, -1)
        return flat.gather(2, places.expand(count, channels, -1)).view_as(images)

    def _warped(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Rotate, scale, shift and flip by one bilinear sampling."""
        count, device = len(images), images.device
        angle = math.radians(self.rotation_degrees) * _symmetric((count,), device, generator)
        size = 1 / (1 + self.scale * _symmetric((count,), device, generator))
        mirror = torch.ones(count, device=device)
        if self.flip:
            mirror = torch.where(torch.rand(count, device=device, generator=generator) < 0.5, -1.0, 1.0)
        reach = torch.tensor([2 * self.shift / images.shape[3], 2 * self.shift / images.shape[2]], device=device)
        moved = reach * _symmetric((count, 2), device, generator)
        cosine, sine = size * torch.cos(angle), size * torch.sin(angle)
        top = torch.stack((mirror * cosine, -mirror * sine, moved[:, 0]), dim=1)
        bottom = torch.stack((sine, cosine, moved[:, 1]), dim=1)
        grid = functional.affine_grid(torch.stack((top, bottom), dim=1), list(images.shape), align_corners=False)
        return functional.grid_sample(images.float(), grid, align_corners=False)

    def _series(self, series: Tensor, generator: torch.Generator) -> Tensor:
        count, channels, length = series.shape
        device = series.device
        if self.rotation_degrees:
            series = _turned(series, self.rotation_degrees, generator)
        if self.scale:
            series = series * (1 + self.scale * _symmetric((count, channels, 1), device, generator))
        if self.shift or self.speed:
            times = torch.arange(length, device=device) + _offsets(count, self.shift, device, generator) - self.shift
            series = self._played(series, times, generator) if self.speed else _at(series, times)
        if self.noise:
            deviation = series.std(dim=2, keepdim=True)
            drawn = torch.randn(series.shape, device=device, generator=generator)
            series = series + self.noise * deviation * drawn
        return _erased(series, self.erase, generator) if self.erase else series

    def _played(self, series: Tensor, times: Tensor, generator: torch.Generator) -> Tensor:
        """Play faster or slower about the middle, by linear interpolation."""
        middle = series.shape[2] / 2
        factor = 1 + self.speed * _symmetric((len(series), 1), series.device, generator)
        exact = middle + (times - middle) * factor
        before = exact.floor()
        share = (exact - before)[:, None, :]
        return torch.lerp(_at(series, before.long()), _at(series, before.long() + 1), share)


def _randomly_changed(images: Tensor, changes: int, generator: torch.Generator) -> Tensor:
    """Return bytes changed by torchvision's RandAugment, `CHANGED_ALIKE` images at a time in the same way."""
    # Takes a second to import, and hardly any training wants it.
    from torchvision.transforms.v2 import RandAugment  # noqa: PLC0415

    change = RandAugment(num_ops=changes)
    seed = int(torch.randint(2**31, (), device=images.device, generator=generator))
    with torch.random.fork_rng(devices=[]):
        # It draws from the global generator.
        torch.manual_seed(seed)
        return torch.cat([change(part) for part in torch.split(images, CHANGED_ALIKE)])


def mixed(
    inputs: Tensor, targets: Tensor, *, share: float, cut: bool, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Mix each sample with another of the batch: mixup, or cutmix where `cut`.

    Targets, given and returned, are class probabilities `(N, classes)`; `share` is the weight of the sample itself.
    """
    partner = torch.randperm(len(inputs), device=inputs.device, generator=generator)
    if not cut:
        return inputs.lerp(inputs[partner], 1 - share), targets.lerp(targets[partner], 1 - share)
    mask = _one_box(
        inputs.shape[2:], math.sqrt(1 - share) if inputs.dim() == 4 else 1 - share, inputs.device, generator
    )
    kept = 1 - float(mask.float().mean())
    return torch.where(mask, inputs[partner], inputs), targets.lerp(targets[partner], 1 - kept)


def _at(series: Tensor, times: Tensor) -> Tensor:
    """Read `(N, C, T)` at `(N, T)` sample numbers, those beyond the ends at the nearest end."""
    places = times.clamp(0, series.shape[2] - 1)[:, None, :]
    return series.gather(2, places.expand(series.shape))


def _turned(series: Tensor, degrees: float, generator: torch.Generator) -> Tensor:
    """Rotate three-axis sensors about one random axis a sample (Rodrigues' formula)."""
    count, channels, length = series.shape
    if channels % 3:
        raise ConfigurationError(f"series of {channels} channels cannot be rotated: sensors of three axes are needed")
    axis = torch.randn((count, 3), device=series.device, generator=generator)
    axis = functional.normalize(axis, dim=1)
    angle = math.radians(degrees) * _symmetric((count, 1, 1), series.device, generator)
    zero = torch.zeros(count, device=series.device)
    x, y, z = axis.unbind(1)
    cross = torch.stack((zero, -z, y, z, zero, -x, -y, x, zero), dim=1).view(count, 3, 3)
    turn = torch.eye(3, device=series.device) + angle.sin() * cross + (1 - angle.cos()) * (cross @ cross)
    sensors = series.view(count, channels // 3, 3, length)
    return (turn[:, None] @ sensors).view_as(series)


def _symmetric(shape: tuple[int, ...], device: torch.device, generator: torch.Generator) -> Tensor:
    return torch.rand(shape, device=device, generator=generator) * 2 - 1


def _offsets(count: int, reach: int, device: torch.device, generator: torch.Generator) -> Tensor:
    return torch.randint(0, 2 * reach + 1, (count, 1), device=device, generator=generator)


def _erased(inputs: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Set one box a sample to zero; its centre is uniform, so that it may hang over the border."""
    mask = torch.ones((len(inputs), *([1] * (inputs.dim() - 1))), dtype=torch.bool, device=inputs.device)
    for axis in range(2, inputs.dim()):
        length = inputs.shape[axis]
        shape = [1] * inputs.dim()
        shape[axis] = length
        places = torch.arange(length, device=inputs.device).view(shape)
        centres = torch.rand(
            (len(inputs), *shape[1:axis], *([1] * (inputs.dim() - axis))), device=inputs.device, generator=generator
        )
        mask = mask & ((places - centres * length).abs() <= share * length / 2)
    return inputs.masked_fill(mask, 0)


def _one_box(sizes: torch.Size, edge: float, device: torch.device, generator: torch.Generator) -> Tensor:
    mask = torch.ones((1,) * len(sizes), dtype=torch.bool, device=device)
    for axis, size in enumerate(sizes):
        extent = round(edge * size)
        start = torch.randint(0, size - extent + 1, (1,), device=device, generator=generator)
        places = torch.arange(size, device=device)
        shape = [1] * len(sizes)
        shape[axis] = size
        mask = mask & ((places >= start) & (places < start + extent)).view(shape)
    return mask.expand(tuple(sizes))
