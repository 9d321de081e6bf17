import numpy as np
import torch

from evaluators.datasets.samples import Samples, assembled
from experiments.sisfall import forest_accuracy, window_statistics


def waves(count: int) -> Samples:
    """Two classes that differ in the deviation of their second channel alone."""
    labels = torch.arange(count) % 2
    inputs = torch.randn(count, 2, 30, generator=torch.Generator().manual_seed(count))
    inputs[:, 1] *= (1 + 3 * labels)[:, None]
    return Samples(inputs, labels)


def test_the_statistics_are_those_of_each_channel_of_each_window():
    samples = waves(6)
    values = window_statistics(samples)
    assert values.shape == (6, 10)
    window = samples.inputs[4, 1].double().numpy()
    expected = [window.mean(), window.std(ddof=1), window.min(), window.max(), np.abs(np.diff(window)).mean()]
    assert np.allclose(values[4, 1::2], expected)


def test_the_forest_learns_what_the_statistics_tell_and_nothing_from_shuffled_labels():
    train, test = waves(200), waves(100)
    data = assembled("waves", ["calm", "wild"], train, test, split="made up")
    assert forest_accuracy(data, seed=0) > 0.95
    shuffled = Samples(train.inputs, train.targets[torch.randperm(200, generator=torch.Generator().manual_seed(0))])
    assert forest_accuracy(assembled("w", ["a", "b"], shuffled, test, split="made up"), seed=0) < 0.75
