import math
from dataclasses import replace

import pytest

from evaluators.training.recipe import Recipe
from prototypenas.errors import ConfigurationError
from prototypenas.training.nominal_time import nominal_seconds


def test_the_averages_decay_rises_to_its_own_and_stands_without_a_ramp():
    plain = Recipe(epochs=1, average_decay=0.9)
    assert plain.average_decay_at(1) == plain.average_decay_at(10**6) == 0.9
    rising = replace(plain, average_ramp=100.0)
    decays = [rising.average_decay_at(step) for step in (1, 100, 10**5)]
    assert decays == pytest.approx([0.9 * (1 - math.exp(-0.01)), 0.9 * (1 - 1 / math.e), 0.9])
    with pytest.raises(ConfigurationError, match="rises over -1"):
        replace(plain, average_ramp=-1.0)


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


@pytest.mark.parametrize(
    "values",
    [
        {"epochs": 0},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"momentum": 1.0},
        {"validation_share": -0.1},
        {"early_stopping": -1},
    ],
)
def test_impossible_values_are_refused(values):
    with pytest.raises(ConfigurationError, match=next(iter(values)).replace("_", ".")):
        Recipe(**{"epochs": 1, **values})


@pytest.mark.parametrize("values", [{"steps_per_epoch": -1}, {"batch_size": 1}])
def test_empty_epochs_are_refused(values):
    with pytest.raises(ConfigurationError, match="1 batch and 2 samples are needed"):
        Recipe(epochs=1, **values)


def test_a_large_network_gets_as_many_steps_as_there_is_time_for():
    recipe = Recipe(epochs=20, steps_per_epoch=400, batch_size=32, most_seconds=600.0)
    small, large, huge = (recipe.within_time(flops, 50_000) for flops in (10**6, 60 * 10**6, 10**12))
    assert small == recipe and recipe.steps(50_000) == 8000
    assert large.epochs == 20 and 0.9 * 600 < nominal_seconds(60 * 10**6, 32) * large.steps(50_000) <= 600
    assert huge.epochs == huge.steps_per_epoch == 1
    assert Recipe(epochs=20).within_time(10**12, 50_000) == Recipe(epochs=20)


def test_whole_passes_are_shortened_too():
    recipe = Recipe(epochs=10, batch_size=100, validation_share=0.1, most_seconds=nominal_seconds(10**7, 100) * 25)
    assert recipe.steps(1000) == 90
    assert recipe.within_time(10**7, 1000).steps(1000) == 20
