"""What any sampler must keep, to be run by whoever writes one."""

from dataclasses import dataclass

import numpy as np

from prototypenas.exploration.candidate_evaluation import evaluate_candidate
from prototypenas.exploration.outcome import Outcome, outcome_of
from prototypenas.exploration.samplers import Sampler, SamplerMaker
from prototypenas.exploration.space import SearchSpace
from prototypenas.selection.hypervolume import hypervolume, normalisation_over
from prototypenas.testing.baseline import ConformanceError
from prototypenas.testing.stub_task import StubTask
from prototypenas.types import Configuration

POPULATION = 8
GENERATIONS = 10


@dataclass(frozen=True)
class SamplerVerdict:
    """How a conforming sampler did on a search without networks."""

    feasible_share: float
    hypervolume: float
    """Of its front, scaled to itself, up to 1.1 in each objective: what is comparable only between its own runs."""

    def __str__(self) -> str:
        return f"conforms: {self.feasible_share:.0%} feasible, hypervolume {self.hypervolume:.3f}"


def check_sampler(name: str, maker: SamplerMaker) -> SamplerVerdict:
    """Hold a sampler to its contract on a space of two architectures with different kernels.

    It proposes as many configurations as it is asked for, all inside the space; the same seed and outcomes give the
    same proposals, another seed gives others; it takes rejected candidates, and proposes first what is suggested.

    Raises:
        ConformanceError: if it breaks the contract; the message says how.
    """
    space = SearchSpace(("one", "two"), {"one": (3, 5, 7), "two": (3, 9)})
    first, again, other = (_asked(name, maker, space, seed) for seed in (0, 0, 1))
    if [one.configuration for one in first] != [one.configuration for one in again]:
        raise ConformanceError(f"{name} proposes other configurations for the same seed; seed what is random")
    if [one.configuration for one in first] == [one.configuration for one in other]:
        raise ConformanceError(f"{name} proposes the same for every seed")
    _check_suggestions(name, maker, space)
    scored = [one.objectives for one in first if one.objectives is not None]
    return SamplerVerdict(len(scored) / len(first), _volume(scored))


def _asked(name: str, maker: SamplerMaker, space: SearchSpace, seed: int) -> list[Outcome]:
    task = StubTask()
    sampler = maker(space, task.goals, population=POPULATION, seed=seed)
    told: list[Outcome] = []
    for _ in range(GENERATIONS):
        proposed = _proposed(name, sampler, space)
        news = [
            outcome_of(evaluate_candidate(len(told) + place, one, task), task.goals)
            for place, one in enumerate(proposed)
        ]
        sampler.tell(news)
        told += news
    return told


def _proposed(name: str, sampler: Sampler, space: SearchSpace) -> list[Configuration]:
    proposed = sampler.ask(POPULATION)
    if len(proposed) != POPULATION:
        raise ConformanceError(f"{name} proposes {len(proposed)} configurations where {POPULATION} were asked for")
    for one in proposed:
        space.values(one)
    return proposed


def _check_suggestions(name: str, maker: SamplerMaker, space: SearchSpace) -> None:
    suggested = _proposed(name, maker(space, StubTask().goals, population=POPULATION, seed=5), space)[:3]
    sampler = maker(space, StubTask().goals, population=POPULATION, seed=6)
    sampler.suggest(suggested)
    if _proposed(name, sampler, space)[:3] != suggested:
        raise ConformanceError(f"{name} does not propose first what was suggested")


def _volume(points: list[tuple[float, ...]]) -> float:
    values = np.array(points)
    if not len(values):
        return 0.0
    names = tuple(str(place) for place in range(values.shape[1]))
    return hypervolume(normalisation_over(names, values).apply(values))
