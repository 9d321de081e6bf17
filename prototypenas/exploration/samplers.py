"""One ask/tell interface over all samplers; every one searches the same space under the same constraints."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from prototypenas.choices import choose, shortened
from prototypenas.errors import ConfigurationError
from prototypenas.exploration.defaults import POPULATION
from prototypenas.exploration.outcome import Outcome
from prototypenas.exploration.space import SearchSpace
from prototypenas.foreign_code import foreign_code
from prototypenas.objectives import Goals
from prototypenas.types import Configuration

SAMPLERS: Mapping[str, str] = {
    "nsga2": "NSGA-II of Optuna: the default. It found most per minute; take another only with a reason.",
    "nsga3": "NSGA-III of Optuna: for four proxies and more. As good as nsga2 on average, but runs differ more.",
    "tpe": "Multi-objective Parzen estimator of Optuna: when one candidate takes seconds. It finds most per trial, but "
    "asking it takes twenty times as long.",
    "gp": "Gaussian process of Optuna, by expected hypervolume: for a hundred candidates that take minutes each; more "
    "trials take hours.",
    "random": "Independent draws: for an unbiased picture of the space, or to see what a search is worth.",
    "qmc": "Sobol sequence of Optuna: like random, but spread evenly.",
    "pymoo-ga": "Genetic algorithm of pymoo for mixed variables: a second opinion, nearly as good as nsga2.",
    "pymoo-unsga3": "U-NSGA-III of pymoo: for many objectives; it found less than nsga2.",
    "pymoo-agemoea2": "AGE-MOEA-II of pymoo: for fronts of unusual shape; needs numba, is slow to ask, and found less.",
    "pymoo-smsemoa": "SMS-EMOA of pymoo: keeps what adds hypervolume; a second opinion, nearly as good as nsga2.",
}
"""Names of all samplers, what they are, and when to take them (measured in docs/exploration.md)."""


class Sampler(Protocol):
    """Proposes configurations and learns from their outcomes; the same seed and outcomes give the same proposals."""

    def ask(self, count: int) -> list[Configuration]:
        """Propose the next `count` configurations; all of them are told before the next ask."""

    def suggest(self, configurations: Sequence[Configuration]) -> None:
        """Let the following asks propose these, before any of the sampler's own."""

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Learn the outcomes of the last ask, in its order."""


class SamplerMaker(Protocol):
    """Makes a sampler of a plug-in."""

    def __call__(self, space: SearchSpace, goals: Goals, *, population: int, seed: int) -> Sampler:
        """Return a sampler over the space.

        An interrupted exploration asks and tells it everything once more, so it must follow from the seed and what it
        is told.
        """


def name_and_population(sampler: str, makers: Mapping[str, SamplerMaker] | None = None) -> tuple[str, int]:
    """Read `nsga2` or `nsga2:200`: a sampler and how many candidates it is asked for at once.

    Raises:
        ConfigurationError: if the name is unknown, or the population no number.
    """
    name, colon, number = sampler.partition(":")
    choose("sampler", name, dict.fromkeys((*SAMPLERS, *(makers or {}))))
    if not colon:
        return name, POPULATION
    if not (number.isascii() and number.isdecimal()) or len(number) > 6:
        raise ConfigurationError(
            f"the population in {shortened(sampler)} is {shortened(number)!r}; it is a whole number from 2 to 999999"
        )
    return name, int(number)


def create_sampler(
    name: str,
    space: SearchSpace,
    *,
    goals: Goals,
    population: int,
    seed: int,
    makers: Mapping[str, SamplerMaker] | None = None,
) -> Sampler:
    """Make a sampler by its bare name; `makers` are those of plug-ins.

    Raises:
        ConfigurationError: if the population is too small to breed, or a library is missing.
    """
    if population < 2:
        raise ConfigurationError(f"the population is {population}; it must be at least 2")
    if makers and name in makers:
        with foreign_code(ConfigurationError, f"sampler {name}: "):
            return makers[name](space, goals, population=population, seed=seed)
    # Either library takes a second to import, which only its own samplers need.
    if name.startswith("pymoo-"):
        from prototypenas.exploration.pymoo_sampler import PymooSampler  # noqa: PLC0415

        return PymooSampler(name, space, goals=goals, population=population, seed=seed)
    from prototypenas.exploration.optuna_sampler import OptunaSampler  # noqa: PLC0415

    return OptunaSampler(name, space, goals=goals, population=population, seed=seed)
