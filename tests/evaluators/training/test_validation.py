from dataclasses import replace

import pytest
import torch

from evaluators.training.recipe import Recipe
from evaluators.training.suitable_recipe import described
from evaluators.training.validation import classes_not_held_out, training_and_validation
from prototypenas.errors import DatasetError


def test_a_share_of_every_class_is_held_out(few_digits):
    training, validation = training_and_validation(few_digits, 0.25)
    assert validation is not None
    assert len(training) + len(validation) == len(few_digits.train)
    shares = torch.bincount(validation.targets) / torch.bincount(few_digits.train.targets)
    assert shares.min() > 0.2 and shares.max() < 0.3


def test_nothing_is_held_out_unless_asked(few_digits):
    training, validation = training_and_validation(few_digits, 0.0)
    assert validation is None
    assert training is few_digits.train


def test_subjects_are_held_out_whole(few_digits):
    numbers = torch.arange(len(few_digits.train))
    marked = replace(few_digits.train, inputs=(numbers % 6).view(-1, 1, 1, 1).to(torch.uint8))
    data = replace(few_digits, train=marked, train_groups=numbers % 6)
    training, validation = training_and_validation(data, 0.3)
    assert validation is not None
    held, kept = set(validation.inputs.flatten().tolist()), set(training.inputs.flatten().tolist())
    assert len(held) == 2 and len(kept) == 4 and not held & kept


def test_a_class_of_one_subject_cannot_be_held_out(few_digits):
    data = replace(few_digits, train_groups=few_digits.train.targets)
    with pytest.raises(DatasetError, match="without losing a class"):
        training_and_validation(data, 0.2)


def test_classes_of_which_nothing_is_held_out_are_named(few_digits):
    assert classes_not_held_out(few_digits, 0.25) == () == classes_not_held_out(few_digits, 0.0)
    targets = few_digits.train.targets.clone()
    targets[targets == 3] = 4
    targets[0] = 3
    lone = replace(few_digits, train=replace(few_digits.train, targets=targets))
    assert classes_not_held_out(lone, 0.25) == ("3",)
    recipe = Recipe(epochs=1, validation_share=0.25)
    assert "the choice of the best epoch sees no sample of 3" in described(recipe, lone)
    assert "sees no sample" not in described(recipe, few_digits)
