from functools import partial
from random import Random

import pytest

from prototypenas.exploration.samplers import create_sampler
from prototypenas.testing import ConformanceError, check_sampler


class RandomSampler:
    """Draws at random; every way in which it can break the contract is an argument."""

    def __init__(self, space, goals, *, population, seed, few=False, unseeded=False, deaf=False, constant=False):
        self.space, self.few, self.deaf, self.suggested = space, few, deaf, []
        self.chance = Random() if unseeded else Random(0 if constant else seed)

    def ask(self, count):
        drawn = [self.draw() for _ in range(count - self.few)]
        taken, self.suggested = self.suggested[:count], self.suggested[count:]
        return [*taken, *drawn][: len(drawn)]

    def draw(self):
        return self.space.draw(self.chance)

    def suggest(self, configurations):
        self.suggested += () if self.deaf else configurations

    def tell(self, outcomes):
        assert all(outcome.objectives is None or len(outcome.objectives) == 5 for outcome in outcomes)


def ours(name, space, goals, *, population, seed):
    return create_sampler(name, space, goals=goals, population=population, seed=seed)


@pytest.mark.parametrize("name", ["nsga2", "pymoo-ga", "random"])
def test_samplers_of_the_house_conform(name):
    verdict = check_sampler(name, partial(ours, name))
    assert 0 < verdict.feasible_share <= 1 and verdict.hypervolume > 0 and "conforms" in str(verdict)


def test_ten_lines_conform():
    assert "conforms" in str(check_sampler("ten-lines", RandomSampler))


@pytest.mark.parametrize(
    ("breach", "said"),
    [("few", "7 configurations where 8"), ("unseeded", "seed what is random"), ("constant", "for every seed"),
     ("deaf", "what was suggested")],
)  # fmt: skip
def test_each_breach_of_the_contract_is_named(breach, said):
    with pytest.raises(ConformanceError, match=said):
        check_sampler("breach", partial(RandomSampler, **{breach: True}))
