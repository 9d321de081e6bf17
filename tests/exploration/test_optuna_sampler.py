"""The study behind a genetic sampler stays small, and what a rejected candidate is told leaves it nowhere."""

import pytest

from prototypenas.exploration.candidate_evaluation import evaluate_candidate
from prototypenas.exploration.optuna_sampler import HISTORY, OPTUNA_SAMPLERS, OptunaSampler, distributions
from prototypenas.exploration.outcome import Outcome, outcome_of
from prototypenas.testing.stub_task import StubTask

TASK = StubTask()


def told(sampler, trials, population=100):
    for first in range(0, trials, population):
        asked = sampler.ask(population)
        found = [evaluate_candidate(first + place, one, TASK) for place, one in enumerate(asked)]
        sampler.tell([outcome_of(one, TASK.goals) for one in found])


@pytest.mark.parametrize("name", ["nsga2", "nsga3"])
def test_the_history_of_a_genetic_sampler_is_cut_to_what_it_breeds_from(name, space):
    sampler = OptunaSampler(name, space, goals=TASK.goals, population=100, seed=1)
    told(sampler, HISTORY + 100)
    assert len(sampler._study.get_trials(deepcopy=False)) <= 300
    sampler.suggest([sampler.ask(1)[0]])


def test_other_samplers_keep_all(space):
    sampler = OptunaSampler("random", space, goals=TASK.goals, population=100, seed=1)
    told(sampler, HISTORY + 100)
    assert len(sampler._study.get_trials(deepcopy=False)) == HISTORY + 100


def test_a_rejected_candidate_is_told_the_worst_of_each_objective_so_far(space):
    sampler = OptunaSampler("random", space, goals=TASK.goals, population=2, seed=1)
    first, second = sampler.ask(2)
    violations = dict.fromkeys(("ram", "rom", "flops", "usable"), -1.0)
    good = Outcome(0, first, (5.0, -1.0, -2.0, -3.0, -4.0), violations)
    sampler.tell([good, Outcome(1, second, None, {**violations, "ram": 2.0})])
    values = [trial.values for trial in sampler._study.get_trials(deepcopy=False)]
    assert values == [[5.0, -1.0, -2.0, -3.0, -4.0], [5.0, 0.0, 0.0, 0.0, 0.0]]


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_every_sampler_is_seeded_and_every_parameter_has_its_distribution(space):
    for make in OPTUNA_SAMPLERS.values():
        make(10, 3)
    assert list(distributions(space)) == [parameter.name for parameter in space.parameters()]
