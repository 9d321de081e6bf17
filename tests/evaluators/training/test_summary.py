from dataclasses import replace

import torch

from evaluators.augmentation import Augmentation
from evaluators.datasets.samples import Samples, assembled
from evaluators.training.recipe import Recipe
from evaluators.training.summary import SERIES_CLASSES, summary_of


def test_the_samples_shown_are_training_samples_of_their_class(few_digits, quick_recipe):
    summary = summary_of(few_digits, quick_recipe)
    assert summary.train_counts == tuple(int((few_digits.train.targets == label).sum()) for label in range(10))
    assert sum(summary.test_counts) == 90
    assert summary.sample_classes == tuple(label for label in range(10) for _ in range(8))
    for picture, label in zip(torch.from_numpy(summary.samples), summary.sample_classes, strict=True):
        same = (few_digits.train.inputs == picture).flatten(1).all(dim=1)
        assert label in few_digits.train.targets[same]


def test_of_many_series_one_of_each_of_the_first_classes_is_shown():
    samples = Samples(torch.randn(60, 2, 16), torch.arange(60) % 20)
    data = assembled("waves", [f"{n:02d}" for n in range(20)], samples, samples, split="made up")
    summary = summary_of(data, Recipe(epochs=1))
    assert summary.varied is None
    assert summary.samples.shape == (SERIES_CLASSES, 2, 16)
    assert summary.sample_classes == tuple(range(SERIES_CLASSES))


def test_what_the_network_sees_is_each_shown_sample_varied(few_digits, quick_recipe):
    recipe = replace(quick_recipe, augmentation=Augmentation(shift=2, rotation_degrees=10.0, brightness=0.1))
    summary = summary_of(few_digits, recipe)
    assert summary.varied is not None
    assert summary.varied.shape == summary.samples.shape and summary.varied.dtype == summary.samples.dtype
    changed = (summary.varied != summary.samples).reshape(len(summary.samples), -1).any(axis=1)
    assert changed.mean() > 0.9
    assert "rotate by up to 10 degrees" in summary.training
