import importlib.util
from dataclasses import replace

import optuna
import pytest

from prototypenas.errors import ConfigurationError
from prototypenas.exploration import optuna_sampler
from prototypenas.exploration.candidate_evaluation import evaluate_candidate
from prototypenas.exploration.outcome import outcome_of
from prototypenas.exploration.samplers import SAMPLERS, create_sampler, name_and_population
from prototypenas.testing.stub_task import StubTask
from prototypenas.types import Scored

TASK = StubTask()
SLOW = ("tpe", "gp", "pymoo-agemoea2")
"""They fit models to what they were told, or compile themselves when first used."""
QUICK = tuple(name for name in SAMPLERS if name not in SLOW)


def outcomes(space, name, *, trials, population=20, seed=3, goals=TASK.goals, suggested=()):
    sampler = create_sampler(name, space, goals=goals, population=population, seed=seed)
    sampler.suggest(suggested)
    told = []
    while len(told) < trials:
        configurations = sampler.ask(min(population, trials - len(told)))
        candidates = [evaluate_candidate(len(told) + place, each, TASK) for place, each in enumerate(configurations)]
        told += (new := [outcome_of(each, goals) for each in candidates])
        sampler.tell(new)
    return told


@pytest.mark.parametrize("name", QUICK)
def test_every_sampler_is_reproducible_and_stays_inside(space, name):
    first = outcomes(space, name, trials=50)
    assert first == outcomes(space, name, trials=50)
    assert first != outcomes(space, name, trials=50, seed=4)
    assert len(first) == 50
    for outcome in first:
        space.values(outcome.configuration)
        assert 0.1 <= outcome.configuration.width <= 1.5


@pytest.mark.parametrize("fixed", [{}, {"group1_depth": 2}])
@pytest.mark.parametrize(
    ("name", "of_optuna"), [("nsga2", optuna.samplers.NSGAIISampler), ("nsga3", optuna.samplers.NSGAIIISampler)]
)
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_genetic_samplers_propose_what_optunas_own_do(space, name, of_optuna, fixed):
    space = replace(space, fixed=fixed)
    ours = create_sampler(name, space, goals=TASK.goals, population=10, seed=3)
    theirs = optuna.create_study(directions=["minimize"] * 5, sampler=of_optuna(population_size=10, seed=3))
    worst = [0.0] * 5
    for generation in range(12):
        asked = ours.ask(10)
        trials = [theirs.ask(optuna_sampler.distributions(space)) for _ in asked]
        assert [space.configuration(trial.params) for trial in trials] == asked
        told = [
            outcome_of(evaluate_candidate(10 * generation + place, each, TASK), TASK.goals)
            for place, each in enumerate(asked)
        ]
        ours.tell(told)
        for outcome in told:
            worst = [max(pair) for pair in zip(worst, outcome.objectives or worst, strict=True)]
        for trial, outcome in zip(trials, told, strict=True):
            for constraint, violation in outcome.violations.items():
                trial.set_constraint(constraint, violation)
            theirs.tell(trial, list(outcome.objectives or worst))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Box decomposition")
@pytest.mark.parametrize(("name", "population"), [("tpe", 2), ("gp", 2), ("pymoo-agemoea2", 4)])
def test_slow_samplers_are_reproducible(space, name, population):
    asked = {
        "trials": 6 * population,
        "population": population,
        "goals": replace(TASK.goals, objectives=TASK.goals.objectives[:2]),
    }
    assert outcomes(space, name, **asked) == outcomes(space, name, **asked)


def test_a_sampler_without_its_library_names_it(space, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"prototypenas\[numba\]"):
        create_sampler("pymoo-agemoea2", space, goals=TASK.goals, population=20, seed=0)


@pytest.mark.parametrize("name", ["nsga2", "nsga3", "pymoo-ga"])
def test_constraints_lead_to_what_fits(space, name):
    tight = StubTask(budget=TASK.budget.__class__(ram_bytes=100_000, rom_bytes=200_000, flops=20_000_000))
    sampler = create_sampler(name, space, goals=TASK.goals, population=20, seed=0)
    feasible = []
    for generation in range(10):
        candidates = [
            evaluate_candidate(20 * generation + place, each, tight) for place, each in enumerate(sampler.ask(20))
        ]
        feasible.append(sum(isinstance(candidate, Scored) for candidate in candidates))
        sampler.tell([outcome_of(each, tight.goals) for each in candidates])
    assert sum(feasible[-3:]) > 2 * sum(feasible[:3])


@pytest.mark.parametrize("suggestions", [0, 30])
@pytest.mark.parametrize("name", ["nsga2", "nsga3"])
def test_cutting_the_history_changes_no_proposal(space, name, suggestions, monkeypatch):
    random = create_sampler("random", space, goals=TASK.goals, population=20, seed=1)
    suggested = random.ask(suggestions)
    monkeypatch.setattr(optuna_sampler, "HISTORY", 0)
    always_cut = outcomes(space, name, trials=200, suggested=suggested)
    monkeypatch.setattr(optuna_sampler, "HISTORY", 10**9)
    assert always_cut == outcomes(space, name, trials=200, suggested=suggested)
    assert [one.configuration for one in always_cut[:suggestions]] == suggested


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_what_was_suggested_is_bred_from(space):
    random = create_sampler("random", space, goals=TASK.goals, population=20, seed=1)
    alike = [replace(random.ask(1)[0], width=1.0)] * 20
    bred = outcomes(space, "nsga2", trials=60, suggested=alike)[20:]
    assert sum(one.configuration.width == 1.0 for one in bred) > 20


def test_nsga2_proposes_what_plain_optuna_does(space):
    ours = outcomes(space, "nsga2", trials=100, seed=7)
    with optuna_sampler.quiet():
        study = optuna.create_study(
            directions=["minimize"] * len(TASK.goals.objectives),
            sampler=optuna.samplers.NSGAIISampler(population_size=20, seed=7),
        )
    worst = [0.0] * 5
    for start in range(0, 100, 20):
        trials = [study.ask(optuna_sampler.distributions(space)) for _ in range(20)]
        for trial, outcome in zip(trials, ours[start : start + 20], strict=True):
            assert space.configuration(trial.params) == outcome.configuration
            for constraint, violation in outcome.violations.items():
                trial.set_constraint(constraint, violation)
            study.tell(trial, list(outcome.objectives or worst))


def test_bad_arguments_are_refused(space):
    with pytest.raises(ConfigurationError, match="at least 2"):
        create_sampler("nsga2", space, goals=TASK.goals, population=1, seed=0)


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_has_a_population_and_takes_another(name):
    assert name_and_population(name)[1] >= 2
    assert name_and_population(f"{name}:7") == (name, 7)


@pytest.mark.parametrize(
    ("named", "told"), [("nsga", "did you mean nsga"), ("nsga2:", "whole number"), ("nsga2:-5", "whole number")]
)
def test_a_sampler_that_cannot_be_read_is_refused(named, told):
    with pytest.raises(ConfigurationError, match=told):
        name_and_population(named)
