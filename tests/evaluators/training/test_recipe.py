from dataclasses import replace

import pytest

from evaluators.random_augmentation import RandomAugmentation
from evaluators.training.recipe import Recipe, recipe_for
from prototypenas.errors import ConfigurationError


def test_the_rate_rises_to_the_recipes_own_then_falls_towards_zero():
    recipe = Recipe(epochs=20, learning_rate=0.4, warmup_epochs=3)
    rates = [recipe.learning_rate_at(step, 10) for step in range(200)]
    peak = rates.index(max(rates))
    assert peak == 30
    assert max(rates) == pytest.approx(0.4)
    assert rates[:31] == sorted(rates[:31])
    assert rates[30:] == sorted(rates[30:], reverse=True)
    assert 0 < rates[-1] < 0.001


def test_warm_up_takes_a_share_of_a_short_run_only():
    rates = [Recipe(epochs=5).learning_rate_at(step, 10) for step in range(50)]
    assert rates.index(max(rates)) == 10


def test_small_sets_get_small_batches():
    assert recipe_for(50_000, 100) == Recipe(epochs=100)
    assert recipe_for(1_300, 10).batch_size == 32
    assert recipe_for(1_300, 10).learning_rate == Recipe().learning_rate


@pytest.mark.parametrize(
    "values", [{"epochs": 0}, {"learning_rate": 0.0}, {"momentum": 1.0}, {"validation_share": -0.1}]
)
def test_impossible_values_are_refused(values):
    with pytest.raises(ConfigurationError, match=next(iter(values)).replace("_", ".")):
        Recipe(**values)


def test_an_option_that_is_off_does_not_part_a_recipe_from_older_ones():
    plain = Recipe(epochs=3)
    assert "random" not in repr(plain.identity())
    varied = [replace(plain, random_augmentation=RandomAugmentation(changes=count)) for count in (1, 2)]
    assert len({repr(recipe.identity()) for recipe in (plain, *varied)}) == 3
