from random import Random

import pytest

from prototypenas.errors import NothingFits
from prototypenas.exploration import exploration
from prototypenas.exploration.exploration import UNFEASIBLE_BEFORE_PRICING, explore
from prototypenas.exploration.feasible_start import excess, find_feasible
from prototypenas.exploration.outcome import outcome_of, priced_outcome
from prototypenas.exploration.samplers import SAMPLERS, create_sampler
from prototypenas.testing import random_configuration
from prototypenas.testing.stub_task import StubTask
from prototypenas.types import Budget, Candidate, Invalid, Rejected
from prototypenas.workers.in_process import InProcess

TIGHT = Budget(ram_bytes=36_000, rom_bytes=45_000, flops=2_000_000)
IMPOSSIBLE = Budget(ram_bytes=1_000)


def outcomes(task, configurations):
    return [priced_outcome(task.price(Candidate(0, one)).candidate, task.goals) for one in configurations]


def explored(budget, **arguments):
    return explore(StubTask(budget), executor=InProcess(), **arguments)


def test_about_one_random_configuration_in_a_thousand_fits(space):
    random = Random(0)
    drawn = [random_configuration(random, "squat", space.kernels["squat"]) for _ in range(3000)]
    assert sum(excess(one) == 0 for one in outcomes(StubTask(TIGHT), drawn)) <= 6


@pytest.mark.parametrize("seed", range(3))
def test_different_configurations_that_fit_are_found(space, seed):
    task = StubTask(TIGHT)
    start = find_feasible(lambda some: outcomes(task, some), space, wanted=10, seed=seed)
    assert len(set(start.configurations)) == 10
    assert all(excess(one) == 0 for one in outcomes(task, start.configurations))
    assert start == find_feasible(lambda some: outcomes(task, some), space, wanted=10, seed=seed)


def test_the_search_ends_where_nothing_can_fit(space):
    task = StubTask(IMPOSSIBLE)
    start = find_feasible(lambda some: outcomes(task, some), space, wanted=10, seed=0)
    assert not start.configurations
    assert start.priced < 10_000


@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name not in ("gp", "pymoo-agemoea2")])
def test_every_sampler_proposes_what_is_suggested_and_then_its_own(space, sampler):
    chosen = create_sampler(sampler, space, goals=StubTask().goals, population=4, seed=0)
    task = StubTask(TIGHT)
    start = find_feasible(lambda some: outcomes(task, some), space, wanted=6, seed=0)
    chosen.suggest(start.configurations)
    asked = []
    for _ in range(3):
        generation = chosen.ask(4)
        chosen.tell(outcomes_scored(task, generation))
        asked += generation
    assert tuple(asked[:6]) == start.configurations
    assert len(asked) > 8


def outcomes_scored(task, configurations):
    told = []
    for number, configuration in enumerate(configurations):
        candidate = task.price(Candidate(number, configuration)).candidate
        if not isinstance(candidate, Invalid | Rejected):
            candidate = task.score(candidate).candidate
        told.append(outcome_of(candidate, task.goals))
    return told


@pytest.mark.parametrize("sampler", ["nsga2", "random", "pymoo-ga"])
def test_an_exploration_of_a_tight_budget_finds_a_front_and_says_how_many_were_priced(space, sampler, tmp_path):
    found = explored(TIGHT, space=space, trials=80, sampler=sampler, directory=tmp_path)
    assert len(found.feasible) >= 8
    assert found.statistics.priced_besides > 0
    assert f"{found.statistics.priced_besides} more priced" in found.statistics.summary()
    assert len(found.candidates) == 80


@pytest.mark.parametrize("seed", range(5))
def test_a_search_that_meets_its_budget_at_once_is_the_same_as_without_looking(space, seed, monkeypatch):
    found = explored(StubTask().budget, space=space, trials=60, seed=seed)
    assert found.statistics.priced_besides == 0
    monkeypatch.setattr(exploration, "UNFEASIBLE_BEFORE_PRICING", 10**9)
    assert found.candidates == explored(StubTask().budget, space=space, trials=60, seed=seed).candidates


def test_a_continued_exploration_of_a_tight_budget_is_the_undisturbed_one(space, tmp_path):
    whole = explored(TIGHT, space=space, trials=60, directory=tmp_path)
    journal = tmp_path / "candidates.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[: UNFEASIBLE_BEFORE_PRICING + 9]))
    assert explored(TIGHT, space=space, trials=60, directory=tmp_path).candidates == whole.candidates


def test_what_cannot_fit_is_told_with_all_that_was_priced(space):
    with pytest.raises(
        NothingFits, match=r"none of 40 candidates fits \(nor any of 1\d\d\d more that were only priced\)"
    ):
        explored(IMPOSSIBLE, space=space, trials=40)
