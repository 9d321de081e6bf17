"""pymoo's evolutionary algorithms behind the ask/tell interface, with mixed-variable operators."""

import importlib.util
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from pymoo.algorithms.moo.nsga2 import RankAndCrowding
from pymoo.algorithms.moo.sms import SMSEMOA
from pymoo.algorithms.moo.unsga3 import UNSGA3
from pymoo.core.evaluator import Evaluator
from pymoo.core.mixed import (
    MixedVariableDuplicateElimination,
    MixedVariableGA,
    MixedVariableMating,
    MixedVariableSampling,
)
from pymoo.core.problem import Problem
from pymoo.core.termination import NoTermination
from pymoo.core.variable import Choice, Real
from pymoo.problems.static import StaticProblem
from pymoo.util.ref_dirs import get_reference_directions

from prototypenas.errors import ConfigurationError
from prototypenas.exploration.outcome import Outcome, constraints_of
from prototypenas.exploration.space import Categorical, SearchSpace
from prototypenas.objectives import Goals
from prototypenas.types import Configuration


def _operators() -> dict[str, Any]:
    return {
        "sampling": MixedVariableSampling(),
        "mating": MixedVariableMating(eliminate_duplicates=MixedVariableDuplicateElimination()),
        "eliminate_duplicates": MixedVariableDuplicateElimination(),
    }


def _unsga3(objectives: int, population: int) -> UNSGA3:
    partitions = 1
    while math.comb(objectives + partitions, objectives - 1) <= population:
        partitions += 1
    directions = get_reference_directions("das-dennis", objectives, n_partitions=partitions)
    return UNSGA3(ref_dirs=directions, pop_size=population, **_operators())


def _agemoea2(objectives: int, population: int) -> Any:
    if importlib.util.find_spec("numba") is None:
        raise ConfigurationError(
            'pymoo-agemoea2 needs numba; `pip install "prototypenas[numba]"` brings it, or choose another sampler'
        )
    module = importlib.import_module("pymoo.algorithms.moo.age2")
    return module.AGEMOEA2(pop_size=population, **_operators())


PYMOO_ALGORITHMS: Mapping[str, Callable[[int, int], Any]] = {
    "pymoo-ga": lambda objectives, population: MixedVariableGA(pop_size=population, survival=RankAndCrowding()),
    "pymoo-unsga3": _unsga3,
    "pymoo-agemoea2": _agemoea2,
    "pymoo-smsemoa": lambda objectives, population: SMSEMOA(pop_size=population, **_operators()),
}
"""Name to a maker from the number of objectives and the population."""


class PymooSampler:
    """One of pymoo's algorithms; what a rejected candidate is told as objectives is 0 and orders nothing.

    pymoo ranks infeasible individuals by their total violation before it looks at any objective.
    """

    def __init__(self, name: str, space: SearchSpace, *, goals: Goals, population: int, seed: int) -> None:
        self._space = space
        self._objectives = len(goals.objectives)
        variables = {
            parameter.name: Choice(options=list(parameter.choices))
            if isinstance(parameter, Categorical)
            else Real(bounds=(parameter.low, parameter.high))
            for parameter in space.parameters()
        }
        self._problem = Problem(vars=variables, n_obj=self._objectives, n_ieq_constr=len(constraints_of(goals)))
        self._algorithm = PYMOO_ALGORITHMS[name](self._objectives, population)
        self._algorithm.setup(self._problem, termination=NoTermination(), seed=seed, verbose=False)
        self._pending: Any = None
        self._suggested: list[Configuration] = []

    def ask(self, count: int) -> list[Configuration]:
        """Propose the next `count` configurations."""
        self._pending = self._algorithm.ask()[:count]
        for individual in self._pending[: len(self._suggested)]:
            individual.X = dict(self._space.values(self._suggested.pop(0)))
        return [self._space.configuration(_plain(individual.X)) for individual in self._pending]

    def suggest(self, configurations: Sequence[Configuration]) -> None:
        """Let the following asks propose these, before any of the sampler's own."""
        self._suggested += configurations

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Learn the outcomes of the last ask, in its order."""
        values = np.array([outcome.objectives or [0.0] * self._objectives for outcome in outcomes])
        violations = np.array([list(outcome.violations.values()) for outcome in outcomes])
        Evaluator().eval(StaticProblem(self._problem, F=values, G=violations), self._pending)
        self._algorithm.tell(infills=self._pending)


def _plain(point: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in point.items()}
