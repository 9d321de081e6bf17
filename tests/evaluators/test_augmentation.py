import pytest
import torch

from evaluators.augmentation import Augmentation, mixed
from prototypenas.errors import ConfigurationError


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbered_images(count: int = 64) -> torch.Tensor:
    """Every pixel has its own value but 0, which only padding gives."""
    return torch.arange(1, 1 + 3 * 6 * 5).view(1, 3, 6, 5).repeat(count, 1, 1, 1).to(torch.uint8)


def test_nothing_asked_changes_nothing():
    images = numbered_images()
    assert torch.equal(Augmentation()(images, generator()), images)


def test_shift_and_flip_are_what_a_loop_over_all_shifts_and_flips_gives():
    images = numbered_images()
    varied = Augmentation(shift=2, flip=True)(images, generator())
    padded = torch.nn.functional.pad(images[0], (2, 2, 2, 2))
    possible = {}
    for top in range(5):
        for left in range(5):
            window = padded[:, top : top + 6, left : left + 5]
            possible[window.numpy().tobytes()] = (top, left, False)
            possible[window.flip(2).numpy().tobytes()] = (top, left, True)
    drawn = {possible[image.numpy().tobytes()] for image in varied}
    assert varied.dtype == torch.uint8
    assert len(drawn) > 20
    assert {mirrored for *_, mirrored in drawn} == {True, False}


@pytest.mark.parametrize(
    "augmentation",
    [
        Augmentation(shift=2, flip=True),
        Augmentation(rotation_degrees=20, scale=0.2, shift=1, flip=True),
        Augmentation(brightness=0.4, erase=0.5),
        Augmentation(random_changes=2, shift=1),
    ],
)
def test_same_seed_gives_the_same_images_and_another_seed_others(augmentation):
    images = numbered_images()
    assert torch.equal(augmentation(images, generator()), augmentation(images, generator()))
    assert not torch.equal(augmentation(images, generator()), augmentation(images, generator(1)))


def test_rotation_keeps_the_centre_and_moves_the_rim():
    images = torch.zeros(32, 1, 33, 33, dtype=torch.uint8)
    images[:, :, 16, 16] = 200
    images[:, :, 16, 31] = 200
    turned = Augmentation(rotation_degrees=30)(images, generator())
    assert turned[:, 0, 16, 16].min() > 150
    rim = turned[:, 0, :, 24:].amax(dim=2).argmax(dim=1)
    assert rim.min() < 13 and rim.max() > 19


def test_erasing_takes_at_most_the_square_asked_for():
    images = torch.full((64, 1, 20, 20), 9, dtype=torch.uint8)
    erased = (Augmentation(erase=0.5)(images, generator()) == 0).flatten(1).sum(dim=1)
    assert erased.max() <= 121
    assert erased.min() >= 25


def test_series_are_shifted_scaled_and_made_noisy():
    series = torch.linspace(1, 2, 50).view(1, 1, 50).repeat(32, 2, 1)
    scaled = Augmentation(scale=0.5)(series, generator()) / series
    assert torch.allclose(scaled, scaled[:, :, :1].expand_as(scaled))
    assert scaled.min() >= 0.5 and scaled.max() <= 1.5
    shifted = Augmentation(shift=5)(series, generator())
    assert shifted.min() == 1 and shifted.max() == 2
    assert len({round(float(value), 4) for value in shifted[:, 0, 25]}) > 5
    noisy = Augmentation(noise=0.1)(series, generator()) - series
    assert 0.5 < float(noisy.std() / (0.1 * series.std(dim=2).mean())) < 1.5


def test_turned_sensors_keep_their_lengths_and_angles_to_each_other():
    series = torch.randn(16, 6, 40, generator=generator())
    turned = Augmentation(rotation_degrees=25)(series, generator())
    before, after = series.view(16, 2, 3, 40), turned.view(16, 2, 3, 40)
    assert torch.allclose(before.norm(dim=2), after.norm(dim=2), atol=1e-5)
    assert torch.allclose((before[:, 0] * before[:, 1]).sum(1), (after[:, 0] * after[:, 1]).sum(1), atol=1e-4)
    cosines = torch.cosine_similarity(before, after, dim=2)
    assert 0.5 < float(torch.rad2deg(cosines.clamp(max=1).acos()).max()) <= 25.01
    with pytest.raises(ConfigurationError, match="4 channels cannot be rotated"):
        Augmentation(rotation_degrees=5)(series[:, :4], generator())


def test_another_speed_stretches_a_ramp_about_its_middle():
    ramp = torch.arange(101.0).repeat(32, 1, 1)
    played = Augmentation(speed=0.3)(ramp, generator())
    slopes = played[:, 0, 51] - played[:, 0, 49]
    assert 1.4 <= slopes.min() < 1.8 and 2.2 < slopes.max() <= 2.6
    assert torch.allclose(played[:, 0, 40] - 50.5, -10.5 * slopes / 2, atol=1e-4)
    assert played.min() >= 0 and played.max() <= 100


@pytest.mark.parametrize("cut", [False, True])
def test_mixing_keeps_probabilities_and_matches_the_pixels_mixed(cut):
    classes = torch.eye(8)
    images = torch.arange(8.0).view(8, 1, 1, 1).expand(8, 1, 10, 10)
    inputs, targets = mixed(images, classes, share=0.7, cut=cut, generator=generator())
    assert torch.allclose(targets.sum(dim=1), torch.ones(8))
    expected = (targets * torch.arange(8.0)).sum(dim=1)
    assert torch.allclose(inputs.mean(dim=(1, 2, 3)), expected, atol=1e-5)


@pytest.mark.parametrize("values", [{"shift": -1}, {"scale": 1.0}, {"speed": 1.0}, {"erase": 1.5}, {"noise": -0.1}])
def test_impossible_values_are_refused(values):
    with pytest.raises(ConfigurationError, match=next(iter(values))):
        Augmentation(**values)


def test_random_changes_leave_the_global_generator_and_the_kind_of_the_images_alone():
    images = torch.randint(0, 256, (10, 3, 16, 16), dtype=torch.uint8, generator=generator())
    before = torch.get_rng_state()
    varied = Augmentation(random_changes=2)(images, generator(3))
    assert torch.equal(torch.get_rng_state(), before)
    assert varied.dtype == torch.uint8 and varied.shape == images.shape
    assert sum(not torch.equal(one, other) for one, other in zip(varied, images, strict=True)) >= 4
