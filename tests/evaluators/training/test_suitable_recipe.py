import math
from dataclasses import replace

import pytest
import torch

from evaluators.augmentation import Augmentation
from evaluators.datasets.samples import ClassificationData, Samples, assembled
from evaluators.training.suitable_recipe import LEAST_STEPS, STEPS, RecipeOptions, described, recipe_for
from prototypenas.errors import ConfigurationError


def data_of(count: int) -> ClassificationData:
    samples = Samples(torch.zeros(count, 1, 2, 2, dtype=torch.uint8), torch.arange(count) % 2)
    return assembled("some", ["a", "b"], samples, samples, split="made up")


@pytest.mark.parametrize("count", [20, 150, 700, 5_000, 60_000, 300_000])
def test_steps_not_passes_are_what_every_set_gets_enough_of(count):
    recipe = recipe_for(data_of(count), RecipeOptions(augment=("none",)))
    assert recipe.steps_per_epoch is not None
    steps = recipe.epochs * recipe.steps_per_epoch
    assert 0.95 * LEAST_STEPS <= steps <= 1.05 * STEPS
    passes = steps * recipe.batch_size / (0.9 * count)
    assert passes < 105 or steps < 1.05 * LEAST_STEPS
    assert recipe.epochs >= 20
    assert 2 <= recipe.early_stopping < recipe.epochs


def test_larger_sets_get_no_fewer_steps_and_no_smaller_batches():
    recipes = [recipe_for(data_of(count), RecipeOptions(augment=("none",))) for count in (30, 300, 3_000, 30_000)]
    steps = [recipe.epochs * (recipe.steps_per_epoch or 0) for recipe in recipes]
    assert steps == sorted(steps) and steps[0] < steps[-1]
    assert [recipe.batch_size for recipe in recipes] == sorted(recipe.batch_size for recipe in recipes)


def test_what_is_asked_for_is_what_is_done():
    options = RecipeOptions(
        ("shift",), learning_rate=0.3, batch_size=64, epochs=7, early_stopping=0, balanced_classes=True
    )
    recipe = recipe_for(data_of(1_000), options)
    assert (recipe.epochs, recipe.steps_per_epoch, recipe.batch_size, recipe.learning_rate) == (7, None, 64, 0.3)
    assert recipe.early_stopping == 0 and recipe.balanced_classes
    assert recipe.augmentation == Augmentation(shift=1)
    asked = recipe_for(data_of(1_000), RecipeOptions(("none",), steps=333))
    assert asked.epochs * (asked.steps_per_epoch or 0) == pytest.approx(333, rel=0.05)
    assert recipe_for(data_of(1_000), RecipeOptions(("none",), steps=1)).epochs == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 5, "epochs": 5}, "5 steps and 5 epochs"),
        ({"steps": 0}, "0 steps"),
        ({"epochs": 0}, "0 epochs"),
        ({"batch_size": 1}, "batches of 1"),
        ({"learning_rate": -1.0}, "learning rate is -1"),
        ({"augment": ("twist",)}, "'twist' is unknown"),
        ({"minutes": 0.0}, "0 minutes of training"),
        ({"minutes": float("nan")}, "nan minutes of training"),
        ({"early_stopping": -2}, "early stopping after -2"),
    ],
)
def test_what_is_not_allowed_is_named(options, message):
    with pytest.raises(ConfigurationError, match=message):
        recipe_for(data_of(100), RecipeOptions(**options))


def test_the_description_says_what_will_happen():
    data = data_of(10_000)
    text = described(recipe_for(data, RecipeOptions(("shift", "flip"), balanced_classes=True)), data)
    for part in (
        "7,868 ",
        "steps of 32 samples",
        "mirror half",
        "shift by up to 1 pixels",
        "inverse frequency",
        "0.05",
    ):
        assert part in text
    plain = replace(recipe_for(data, RecipeOptions(("none",), epochs=3)), early_stopping=0)
    assert "augmentation: none" in described(plain, data) and "3 epochs in all" in described(plain, data)


def test_time_is_limited_unless_a_length_is_asked_for():
    data = data_of(10_000)
    recipe, longer, asked = (
        recipe_for(data, RecipeOptions(("none",), **options)) for options in ({}, {"minutes": 30.0}, {"epochs": 2})
    )
    assert (recipe.most_seconds, longer.most_seconds, asked.most_seconds) == (360, 1800, math.inf)
    assert "over 6 minutes of one core (--train-minutes)" in described(recipe, data)
    assert "--train-minutes" not in described(asked, data)


def test_large_sets_hold_out_no_more_than_is_needed():
    assert recipe_for(data_of(50_000), RecipeOptions(("none",))).validation_share == 0.04
    assert recipe_for(data_of(1_000), RecipeOptions(("none",))).validation_share == 0.1
