"""The augmentation that suits a data set: derived from its kind, size and number of samples, or named by the user."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from evaluators.augmentation import Augmentation
from evaluators.datasets.samples import ClassificationData, Samples
from prototypenas.errors import ConfigurationError

AUTO, NONE = "auto", "none"
IMAGE_NAMES = ("shift", "flip", "rotate", "scale", "brightness", "erase", "random")
SERIES_NAMES = ("shift", "rotate", "scale", "speed", "erase", "noise")

FEW_IMAGES = 5_000
"""Training images below which `auto` also rotates, scales and changes the brightness."""

IMAGE_SHIFT = 1 / 16
"""Share of the shorter edge: 2 pixels of 32, 8 of 128."""
SERIES_SHIFT = 1 / 32
"""Share of a whole series, which begins where its event begins."""
WINDOW_SHIFT = 1 / 8
"""Share of a window that was cut from a longer recording, and so begins anywhere."""

MIRRORED = 3_000
"""Most training images that the mirror test compares; half of them are looked up among the others."""
THUMBNAIL = 16
"""Edge of the images that it compares, in pixels."""
MIRROR_LOSS = 0.1
"""Share of the recognised images that mirroring may lose."""
CLASS_LOSS = 0.5
"""The same within one class, where at least `CLASS_QUERIES` images are looked up and half of them are recognised."""
CLASS_QUERIES = 10


def augmentation_for(data: ClassificationData, names: Sequence[str] = (AUTO,)) -> Augmentation:
    """Return the augmentation made of the named changes, each as strong as suits the data.

    `auto` is what the data set declares, or else what `automatic_changes` derives; `none` changes nothing. Further
    names add to `auto`, as in `("auto", "flip")`.

    Raises:
        ConfigurationError: for a name that is unknown or does not apply to this kind of data.
    """
    known = IMAGE_NAMES if data.is_image else SERIES_NAMES
    unknown = [name for name in names if name not in (AUTO, NONE, *known)]
    if unknown or not names:
        kind = "images" if data.is_image else "series"
        shown = unknown[0] if unknown else ""
        raise ConfigurationError(
            f"augmentation {shown!r} is unknown for {kind}; give {AUTO}, {NONE}, or some of {', '.join(known)}"
        )
    if NONE in names and len(names) > 1:
        raise ConfigurationError(f"augmentation {','.join(names)}: {NONE} goes with no other")
    wanted = [name for name in names if name in known]
    if AUTO not in names:
        return _with_changes(Augmentation(), data, wanted)
    declared = data.augmentation
    if declared is not None:
        return _with_changes(declared, data, wanted)
    return _with_changes(Augmentation(), data, [*automatic_changes(data), *wanted])


def automatic_changes(data: ClassificationData) -> tuple[str, ...]:
    """Name the changes that suit a data set of this kind and size.

    Images are shifted; where few they are also rotated, scaled and changed in brightness; they are mirrored where the
    classes of mirrored training images are recognised as well as before. Series are shifted, scaled in amplitude and
    get noise.
    """
    if not data.is_image:
        return ("shift", "scale", "noise")
    mirror = ("flip",) if mirroring_keeps_classes(data.train, data.num_classes) else ()
    few = ("rotate", "scale", "brightness") if len(data.train) < FEW_IMAGES else ()
    return ("shift", *mirror, *few)


def mirroring_keeps_classes(samples: Samples, num_classes: int) -> bool:
    """Say whether images are recognised left-right mirrored as well as they are unmirrored.

    Half of at most `MIRRORED` images, drawn by a fixed seed, are looked up among the other half: the class of the
    nearest one, as small pictures, is what they are recognised as. Digits, letters and most signs fail when mirrored,
    photographs do not. So do objects that the data set always shows from one side: mirrored ones would never be met.
    """
    order = torch.randperm(len(samples), generator=torch.Generator().manual_seed(0))[:MIRRORED]
    drawn = samples.at(order)
    images, labels = _thumbnails(drawn.inputs), drawn.targets
    half = len(images) // 2
    if half < 1:
        return False
    known, asked, truth = images[:half], images[half:], labels[half:]
    plain = labels[:half][_nearest(asked, known)] == truth
    mirrored = labels[:half][_nearest(asked.flip(3), known)] == truth
    if int(mirrored.sum()) < (1 - MIRROR_LOSS) * int(plain.sum()):
        return False
    count, before, after = (
        torch.bincount(truth[mask], minlength=num_classes) for mask in (torch.ones_like(plain), plain, mirrored)
    )
    telling = (count >= CLASS_QUERIES) & (before >= count / 2)
    return not bool((after[telling] <= CLASS_LOSS * before[telling]).any())


def _thumbnails(images: Tensor) -> Tensor:
    small = functional.adaptive_avg_pool2d(images.float(), (THUMBNAIL, THUMBNAIL))
    return small - small.mean(dim=(1, 2, 3), keepdim=True)


def _nearest(asked: Tensor, known: Tensor) -> Tensor:
    return torch.cdist(asked.flatten(1), known.flatten(1)).argmin(dim=1)


def _with_changes(base: Augmentation, data: ClassificationData, names: Sequence[str]) -> Augmentation:
    change = _image_change if data.is_image else _series_change
    for name in names:
        base = change(base, name, data)
    return base


def _image_change(base: Augmentation, name: str, data: ClassificationData) -> Augmentation:
    match name:
        case "shift":
            # Stored images may be smaller than what the network sees; shifts are of the stored ones.
            return replace(base, shift=max(1, round(IMAGE_SHIFT * min(data.train.inputs.shape[2:]))))
        case "flip":
            return replace(base, flip=True)
        case "rotate":
            return replace(base, rotation_degrees=10.0)
        case "scale":
            return replace(base, scale=0.1)
        case "brightness":
            return replace(base, brightness=0.2)
        case "erase":
            return replace(base, erase=0.3)
        case _:
            return replace(base, random_changes=2)


def _series_change(base: Augmentation, name: str, data: ClassificationData) -> Augmentation:
    channels, length = data.train.inputs.shape[1:]
    match name:
        case "shift":
            share = SERIES_SHIFT if data.train_groups is None else WINDOW_SHIFT
            return replace(base, shift=max(1, round(share * length)))
        case "rotate":
            if channels % 3:
                raise ConfigurationError(
                    f"augmentation 'rotate' turns sensors of three axes, but {data.name} has {channels} channels"
                )
            return replace(base, rotation_degrees=30.0)
        case "scale":
            return replace(base, scale=0.1)
        case "speed":
            return replace(base, speed=0.1)
        case "erase":
            return replace(base, erase=0.1)
        case _:
            return replace(base, noise=0.05)
