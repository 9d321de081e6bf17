import torch

from evaluators.datasets.samples import Samples, assembled
from evaluators.datasets.summary import SERIES_CLASSES, summary_of


def test_the_samples_shown_are_training_samples_of_their_class(few_digits):
    summary = summary_of(few_digits)
    assert summary.train_counts == tuple(int((few_digits.train.targets == label).sum()) for label in range(10))
    assert sum(summary.test_counts) == 90
    assert summary.sample_classes == tuple(label for label in range(10) for _ in range(8))
    for picture, label in zip(torch.from_numpy(summary.samples), summary.sample_classes, strict=True):
        same = (few_digits.train.inputs == picture).flatten(1).all(dim=1)
        assert label in few_digits.train.targets[same]


def test_of_many_series_one_of_each_of_the_first_classes_is_shown():
    samples = Samples(torch.randn(60, 2, 16), torch.arange(60) % 20)
    summary = summary_of(assembled("waves", [f"{n:02d}" for n in range(20)], samples, samples, split="made up"))
    assert summary.samples.shape == (SERIES_CLASSES, 2, 16)
    assert summary.sample_classes == tuple(range(SERIES_CLASSES))
