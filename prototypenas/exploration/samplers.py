"""One ask/tell interface over all samplers; every one searches the same space under the same constraints."""

from collections.abc import Sequence
from typing import Protocol

from prototypenas.choices import choose, shortened
from prototypenas.errors import ConfigurationError
from prototypenas.exploration.optuna_sampler import OPTUNA_SAMPLERS, OptunaSampler
from prototypenas.exploration.outcome import Outcome
from prototypenas.exploration.pymoo_sampler import PYMOO_ALGORITHMS, PymooSampler
from prototypenas.exploration.space import SearchSpace
from prototypenas.types import Configuration

SAMPLERS = (*OPTUNA_SAMPLERS, *PYMOO_ALGORITHMS)
"""Names of all samplers."""

DEFAULT_SAMPLER = "nsga2"

POPULATION = 10
"""Candidates asked at once, and bred from; the measured best for a few hundred trials (`docs/exploration.md`).

Results depend on it, and on nothing that depends on the number of workers. It bounds how many can work at once.
"""


class Sampler(Protocol):
    """Proposes configurations and learns from their outcomes; the same seed and outcomes give the same proposals."""

    def ask(self, count: int) -> list[Configuration]:
        """Propose the next `count` configurations; all of them are told before the next ask."""

    def suggest(self, configurations: Sequence[Configuration]) -> None:
        """Let the following asks propose these, before any of the sampler's own."""

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Learn the outcomes of the last ask, in its order."""


def name_and_population(sampler: str) -> tuple[str, int]:
    """Read `nsga2` or `nsga2:200`: a sampler and how many candidates it is asked for at once.

    Raises:
        ConfigurationError: if the name is unknown, or the population no number.
    """
    name, colon, number = sampler.partition(":")
    choose("sampler", name, {each: each for each in SAMPLERS})
    if not colon:
        return name, POPULATION
    if not (number.isascii() and number.isdecimal()) or len(number) > 6:
        raise ConfigurationError(
            f"the population in {shortened(sampler)} is {shortened(number)!r}; it is a whole number from 2 to 999999"
        )
    return name, int(number)


def create_sampler(name: str, space: SearchSpace, *, proxies: Sequence[str], population: int, seed: int) -> Sampler:
    """Make a sampler by its bare name.

    Raises:
        ConfigurationError: if the population is too small to breed, or a library is missing.
    """
    if population < 2:
        raise ConfigurationError(f"the population is {population}; it must be at least 2")
    if name in OPTUNA_SAMPLERS:
        return OptunaSampler(name, space, proxies=proxies, population=population, seed=seed)
    return PymooSampler(name, space, objectives=1 + len(proxies), population=population, seed=seed)
