import pytest

from experiments.random_baseline import Row, flops_choice, random_choice, summary
from prototypenas.errors import ConfigurationError
from prototypenas.types import (
    Built,
    Configuration,
    Cost,
    Explored,
    Footprint,
    GroupConfiguration,
    Rejection,
    Scored,
)

FOOTPRINT = Footprint(1, 1, 1, 1, 1, 1, 1, 1)
CONFIGURATION = Configuration("mbednet", 1.0, (GroupConfiguration(),) * 4)


def candidates() -> list[Explored]:
    """Forty feasible ones in mixed order of FLOPs, ten rejected."""
    rejection = Rejection("ram", "too large")
    return [
        one.scored({}) if one.number % 5 else one.rejected(rejection)
        for one in (
            Built(number, CONFIGURATION, Cost((number * 17 % 50 + 1) * 1000, 1, FOOTPRINT), str(number))
            for number in range(50)
        )
    ]


def test_choices_are_feasible_distinct_and_as_many_as_asked():
    for chosen in (random_choice(candidates(), 6, seed=3), flops_choice(candidates(), 6)):
        assert len({one.number for one in chosen}) == 6
        assert all(isinstance(one, Scored) for one in chosen)


def test_the_seed_decides_the_random_choice():
    assert random_choice(candidates(), 5, seed=1) == random_choice(candidates(), 5, seed=1)
    assert random_choice(candidates(), 5, seed=1) != random_choice(candidates(), 5, seed=2)


def test_the_choice_by_flops_spans_all_of_them_evenly():
    costs = sorted(one.cost.flops for one in candidates() if isinstance(one, Scored))
    chosen = [one.cost.flops for one in flops_choice(candidates(), 4)]
    assert chosen == [costs[0], costs[13], costs[26], costs[39]]


def test_too_few_candidates_are_refused():
    with pytest.raises(ConfigurationError, match="40 feasible candidates; 41"):
        random_choice(candidates(), 41, seed=0)


def test_the_summary_gives_best_and_mean_of_each_strategy():
    rows = [
        Row("selection", 1, "mbednet", 2.0, 0.9),
        Row("selection", 2, "mbednet", 3.0, 0.7),
        Row("random", 3, "m", 1.0, 0.8),
    ]
    assert summary(rows).splitlines() == [
        "selection: best 90.00 %, mean 80.00 % of 2 models",
        "random: best 80.00 %, mean 80.00 % of 1 models",
    ]
