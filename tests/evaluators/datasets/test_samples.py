import pytest
import torch

from evaluators.datasets.samples import Samples, assembled, measured_normalisation
from prototypenas.errors import ConfigurationError, DatasetError


def images(labels: list[int], *, channels: int = 3) -> Samples:
    generator = torch.Generator().manual_seed(len(labels))
    inputs = torch.randint(0, 256, (len(labels), channels, 8, 8), generator=generator, dtype=torch.uint8)
    return Samples(inputs, torch.tensor(labels))


def test_normalisation_is_that_of_the_training_part_alone():
    train, test = images([0, 1] * 50), images([0, 1])
    data = assembled("toy", ["a", "b"], train, test, split="made up")
    prepared = data.prepared(train.inputs)
    assert torch.allclose(prepared.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-4)
    assert torch.allclose(prepared.std(dim=(0, 2, 3), unbiased=False), torch.ones(3), atol=1e-4)
    assert data.normalisation == measured_normalisation(train.inputs)


def test_a_constant_channel_is_not_divided_by_zero():
    series = torch.randn(10, 2, 30)
    series[:, 1] = 981.0
    normalisation = measured_normalisation(series)
    assert normalisation.deviation[1] == 1.0
    assert normalisation.mean[1] == pytest.approx(981.0)


def test_images_are_shown_at_the_shape_asked_for():
    data = assembled("toy", ["a", "b"], images([0, 1]), images([0, 1]), input_shape=(3, 32, 16), split="made up")
    assert data.prepared(data.train.inputs).shape == (2, 3, 32, 16)
    assert data.train.inputs.shape == (2, 3, 8, 8)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8)])
def test_other_channels_or_dimensions_are_refused(shape):
    with pytest.raises(ConfigurationError, match="3x8x8"):
        assembled("toy", ["a", "b"], images([0, 1]), images([0, 1]), input_shape=shape, split="made up")


@pytest.mark.parametrize(
    ("classes", "train", "test", "message"),
    [
        (["only"], [0, 0], [0], "needs at least 2"),
        (["cat", "dog", "owl"], [0, 1], [2], "no sample of: owl"),
        (["cat", "dog"], [0, 1, 2], [0], r"labels 0\.\.2"),
        (["cat", "dog"], [0, 1, -1], [0], r"labels -1\.\.1"),
        (["cat", "dog"], [0, 1], [], "test part of toy is empty"),
    ],
)
def test_what_cannot_be_learnt_is_refused(classes, train, test, message):
    with pytest.raises(DatasetError, match=message):
        assembled("toy", classes, images(train), images(test), split="made up")


def test_values_that_are_not_finite_are_refused():
    series = torch.zeros(4, 1, 10)
    series[2, 0, 3] = float("nan")
    part = Samples(series, torch.tensor([0, 1, 0, 1]))
    with pytest.raises(DatasetError, match="not finite"):
        assembled("toy", ["a", "b"], part, part, split="made up")


def test_the_digest_tells_labels_pixels_and_shape_apart():
    def digest(train: Samples, shape: tuple[int, ...] = (3, 8, 8)) -> str:
        return assembled("toy", ["a", "b"], train, images([0, 1]), input_shape=shape, split="made up").digest()

    samples = images([0, 1, 0, 1])
    other_pixels = Samples(samples.inputs ^ 1, samples.targets)
    other_labels = Samples(samples.inputs, 1 - samples.targets)
    found = [digest(samples), digest(other_pixels), digest(other_labels), digest(samples, (3, 16, 16))]
    assert len(set(found)) == 4
    assert digest(Samples(samples.inputs.clone(), samples.targets.clone())) == found[0]
