"""Optuna's samplers behind the ask/tell interface, at a cost per trial that does not grow with the history.

Optuna's genetic samplers read all trials of the study several times per ask, although they only need the last
generation and its parents. The study here is kept to exactly those after every generation, which changes no proposal
and takes a trial from quadratic to constant cost.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.samplers import BaseSampler, GPSampler, NSGAIIISampler, NSGAIISampler, QMCSampler, RandomSampler, TPESampler
from optuna.storages import InMemoryStorage
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from prototypenas.exploration.outcome import Outcome
from prototypenas.exploration.space import Categorical, SearchSpace
from prototypenas.objectives import Goals
from prototypenas.types import Configuration

STUDY_NAME = "exploration"

HISTORY = 400
"""Trials after which a genetic sampler's study is cut; cutting costs as much as a few generations of looking."""


class _Choices(CategoricalDistribution):
    """A categorical distribution that knows itself: Optuna compares a trial's distributions many times an ask."""

    def __eq__(self, other: object) -> bool:
        return self is other or super().__eq__(other)

    __hash__ = CategoricalDistribution.__hash__


class _OneSpace:
    """A genetic sampler over one space: what Optuna would find out anew for each trial from all trials before it.

    The space that all complete trials share is the searched one, or none as long as there is none; parameters with one
    value are left to independent sampling, as Optuna does.
    """

    _shared: dict[str, BaseDistribution]

    def searches(self, space: Mapping[str, BaseDistribution]) -> None:
        """Set the space of every trial to come."""
        self._shared = {name: space[name] for name in sorted(space) if not space[name].single()}

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the space that values are drawn from together."""
        known = study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
        return self._shared if known else {}


class _Nsga2(_OneSpace, NSGAIISampler):
    pass


class _Nsga3(_OneSpace, NSGAIIISampler):
    pass


OPTUNA_SAMPLERS: Mapping[str, Callable[[int, int], BaseSampler]] = {
    "nsga2": lambda population, seed: _Nsga2(population_size=population, seed=seed),
    "nsga3": lambda population, seed: _Nsga3(population_size=population, seed=seed),
    "tpe": lambda population, seed: TPESampler(seed=seed, n_startup_trials=5 * population),
    "gp": lambda population, seed: GPSampler(seed=seed, n_startup_trials=5 * population),
    "random": lambda population, seed: RandomSampler(seed=seed),
    "qmc": lambda population, seed: QMCSampler(seed=seed, scramble=True, warn_independent_sampling=False),
}
"""Name to a maker from population and seed; set explicitly, whatever Optuna's own default is."""


def distributions(space: SearchSpace) -> dict[str, BaseDistribution]:
    """Return the space as Optuna's distributions."""
    return {
        parameter.name: CategoricalDistribution(parameter.choices)
        if isinstance(parameter, Categorical)
        else FloatDistribution(parameter.low, parameter.high)
        for parameter in space.parameters()
    }


class OptunaSampler:
    """One of Optuna's samplers on an in-memory study, in which every objective is minimised.

    A rejected candidate has no objective values, yet Optuna wants some: it is told the worst of each objective seen so
    far. The genetic samplers and TPE order infeasible trials by their constraint violations alone and never look at
    these numbers, and they leave this class nowhere.
    """

    def __init__(self, name: str, space: SearchSpace, *, goals: Goals, population: int, seed: int) -> None:
        self._space = space
        self._distributions = {
            name: _Choices(one.choices) if isinstance(one, CategoricalDistribution) else one
            for name, one in distributions(space).items()
        }
        self._directions = [StudyDirection.MINIMIZE] * len(goals.objectives)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self._sampler = OPTUNA_SAMPLERS[name](population, seed)
        self._genetic = self._sampler if isinstance(self._sampler, _Nsga2 | _Nsga3) else None
        if self._genetic:
            self._genetic.searches(self._distributions)
        self._asked: list[Trial] = []
        self._worst = [0.0] * len(self._directions)
        self._study = self._new_study()

    def ask(self, count: int) -> list[Configuration]:
        """Propose the next `count` configurations."""
        self._asked = [self._study.ask(self._distributions) for _ in range(count)]
        if self._genetic:
            # Optuna gives a trial its generation when it samples it, which it never does for one that was suggested.
            trials = self._study.get_trials(deepcopy=False)
            for trial in self._asked:
                self._genetic.get_trial_generation(self._study, trials[trial.number])
        return [self._space.configuration(trial.params) for trial in self._asked]

    def suggest(self, configurations: Sequence[Configuration]) -> None:
        """Let the following asks propose these, before any of the sampler's own."""
        for configuration in configurations:
            self._study.enqueue_trial(self._space.values(configuration))

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Learn the outcomes of the last ask, in its order."""
        for outcome in outcomes:
            self._remember_worst(outcome.objectives)
        for trial, outcome in zip(self._asked, outcomes, strict=True):
            for name, violation in outcome.violations.items():
                trial.set_constraint(name, violation)
            self._study.tell(trial, list(outcome.objectives or self._worst))
        if self._genetic and len(self._study.get_trials(deepcopy=False)) > HISTORY:
            self._forget()

    def _remember_worst(self, objectives: tuple[float, ...] | None) -> None:
        if objectives is None:
            return
        self._worst = [max(worst, value) for worst, value in zip(self._worst, objectives, strict=True)]

    def _new_study(self) -> Study:
        self._storage = InMemoryStorage()
        with quiet():
            self._storage.create_new_study(self._directions, STUDY_NAME)
        return Study(STUDY_NAME, self._storage, self._sampler)

    def _forget(self) -> None:
        """Carry over the last generation and its parents, which the next is bred from, and what is still suggested."""
        trials = self._study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
        key = f"{type(self._sampler).__name__}:generation"
        newest = max(trial.system_attrs[key] for trial in trials)
        parents = self._parents(newest)
        kept = [trial for trial in trials if trial.system_attrs[key] == newest or trial.number in parents]
        waiting = self._study.get_trials(deepcopy=False, states=[TrialState.WAITING])
        self._study = self._new_study()
        self._study.add_trials([*kept, *waiting])
        places = [place for place, trial in enumerate(kept) if trial.number in parents]
        self._storage.set_study_system_attr(self._study_id, self._parents_key(newest), places)

    def _parents(self, generation: int) -> set[int]:
        attributes = self._storage.get_study_system_attrs(self._study_id)
        return set(attributes.get(self._parents_key(generation), ()))

    def _parents_key(self, generation: int) -> str:
        return f"{type(self._sampler).__name__}:parent:{generation}"

    @property
    def _study_id(self) -> int:
        return self._storage.get_study_id_from_name(STUDY_NAME)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna from logging each study it makes to standard error."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(verbosity)
