import math

import pytest
import torch
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as torchvision

from evaluators.random_augmentation import BLEND, COLOURINGS, KINDS, MOVES, RandomAugmentation, _matrices, warped
from prototypenas.errors import ConfigurationError


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(count: int = 6, channels: int = 3) -> torch.Tensor:
    return torch.randint(20, 230, (count, channels, 12, 10), dtype=torch.uint8, generator=generator())


def all_changes(image: torch.Tensor, strength: float) -> set[bytes]:
    """Everything that one change can make of an image."""
    made = {image.numpy().tobytes()}
    for sign in (torch.tensor([1.0]), torch.tensor([-1.0])):
        for move in range(len(MOVES)):
            matrix = _matrices(torch.tensor([move]), sign * strength)
            made.add(warped(image[None], matrix).numpy().tobytes())
        made |= {change(image[None], sign, strength).numpy().tobytes() for change in COLOURINGS.values()}
    return made


def test_each_image_undergoes_one_of_the_changes_and_stays_in_its_place():
    images = noise(80)
    varied = RandomAugmentation(changes=1, strength=0.7)(images, generator())
    made = [all_changes(image, 0.7) for image in images]
    assert all(image.numpy().tobytes() in possible for image, possible in zip(varied, made, strict=True))
    unchanged = sum(torch.equal(new, old) for new, old in zip(varied, images, strict=True))
    assert 0 < unchanged < 4 * len(images) / len(KINDS)


def test_same_seed_gives_the_same_images_and_another_seed_others():
    images, augmentation = noise(), RandomAugmentation()
    before = images.clone()
    varied = augmentation(images, generator())
    assert varied.dtype == torch.uint8 and torch.equal(images, before)
    assert torch.equal(varied, augmentation(images, generator()))
    assert torch.equal(varied, augmentation(images.float() + 0.3, generator()))
    assert not torch.equal(varied, augmentation(images, generator(1)))


@pytest.mark.parametrize(
    ("kind", "theirs"),
    [
        ("brightness", torchvision.adjust_brightness),
        ("colour", torchvision.adjust_saturation),
        ("contrast", torchvision.adjust_contrast),
        ("sharpness", torchvision.adjust_sharpness),
    ],
)
def test_blends_are_those_of_torchvision(kind, theirs):
    images = noise()
    signs = torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0, 1.0])
    ours = COLOURINGS[kind](images, signs, 0.5)
    for image, sign, made in zip(images, signs.tolist(), ours, strict=True):
        expected = theirs(image[None], 1 + BLEND * 0.5 * sign)[0]
        assert (made.int() - expected.int()).abs().max() <= 1
    assert not torch.equal(ours, images)


def test_solarizing_turns_bright_pixels():
    images = noise()
    assert torch.equal(COLOURINGS["solarize"](images, torch.ones(6), 0.4), torchvision.solarize(images, 153))


def test_equalizing_keeps_the_order_and_uses_the_whole_range():
    images = torch.randint(90, 130, (4, 2, 64, 64), dtype=torch.uint8, generator=generator())
    images[3, 1] = 77
    made = COLOURINGS["equalize"](images, torch.ones(4), 0.3)
    assert torch.equal(made[3, 1], images[3, 1]), "a flat channel has nothing to spread"
    for new, old in zip(made[:3].flatten(0, 1), images[:3].flatten(0, 1), strict=True):
        assert (int(new.min()), int(new.max())) == (0, 255)
        ordered = new.flatten()[old.flatten().argsort()].int()
        assert bool((ordered.diff() >= 0).all())
    theirs = torchvision.equalize(images[:3])
    assert (made[:3].int() - theirs.int()).abs().float().mean() < 8


def test_shifts_by_whole_pixels_are_slices_and_zeros():
    images = noise()
    matrices = torch.tensor([[1.0, 0, 2 * 3 / 10], [0, 1, -2 * 2 / 12]]).expand(6, 2, 3)
    moved = warped(images, matrices)
    assert torch.equal(moved[:, :, 2:, :-3], images[:, :, :-2, 3:])
    assert not moved[:, :, :2].any() and not moved[..., -3:].any()
    assert torch.equal(warped(images, torch.eye(2, 3).expand(6, 2, 3)), images)


def test_rotations_are_those_of_torchvision():
    images = torch.randint(1, 256, (2, 1, 33, 33), dtype=torch.uint8, generator=generator())
    turned = warped(images, _matrices(torch.tensor([4, 4]), torch.tensor([0.5, -0.5])))
    for image, degrees, made in zip(images, (15.0, -15.0), turned, strict=True):
        theirs = torchvision.rotate(image, degrees, interpolation=InterpolationMode.NEAREST)
        assert (made == theirs).float().mean() > 0.98


def test_a_shear_moves_the_rows_by_their_distance_from_the_middle():
    images = torch.zeros(1, 1, 41, 41, dtype=torch.uint8)
    images[..., 20] = 9
    sheared = warped(images, _matrices(torch.tensor([0]), torch.tensor([1.0])))[0, 0]
    places = sheared.argmax(dim=1)
    assert places[20] == 20
    assert int((places[0] - places[40]).abs()) == math.floor(0.3 * 40)


def test_grey_images_keep_their_one_channel():
    images = noise(channels=1)
    assert RandomAugmentation()(images, generator()).shape == images.shape
    assert torch.equal(COLOURINGS["colour"](images, torch.ones(6), 1.0), images)


def test_series_and_impossible_values_are_refused():
    with pytest.raises(ConfigurationError, match="not for series"):
        RandomAugmentation()(torch.zeros(3, 2, 10), generator())
    for values in ({"changes": 0}, {"strength": 0.0}, {"strength": 1.1}):
        with pytest.raises(ConfigurationError, match="at least 1 change"):
            RandomAugmentation(**values)
