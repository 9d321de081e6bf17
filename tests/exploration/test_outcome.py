import pytest

from prototypenas.exploration.candidate_evaluation import evaluate_candidate
from prototypenas.exploration.outcome import USABLE, constraints_of, outcome_of, priced_outcome
from prototypenas.exploration.samplers import create_sampler
from prototypenas.testing.stub_task import StubTask
from prototypenas.types import Candidate, Scored

TASK = StubTask()


@pytest.fixture(scope="module")
def configurations(space):
    return create_sampler("random", space, goals=TASK.goals, population=20, seed=2).ask(40)


def test_lower_is_better_in_every_objective_that_a_sampler_is_told(configurations):
    candidates = [evaluate_candidate(number, each, TASK) for number, each in enumerate(configurations)]
    scored = [one for one in candidates if isinstance(one, Scored)]
    assert scored
    for one in scored:
        flops, *scores = outcome_of(one, TASK.goals).objectives
        assert flops == one.cost.flops and scores == [-one.scores[name] for name in TASK.proxy_names]
    for one in candidates:
        if not isinstance(one, Scored):
            assert outcome_of(one, TASK.goals).objectives is None


def test_violations_are_in_the_order_of_the_constraints_and_say_what_fits(configurations):
    for number, each in enumerate(configurations):
        candidate = evaluate_candidate(number, each, TASK)
        told = outcome_of(candidate, TASK.goals)
        assert tuple(told.violations) == constraints_of(TASK.goals) == ("ram", "rom", "flops", USABLE)
        assert (max(told.violations.values()) <= 0) == isinstance(candidate, Scored)


def test_what_was_only_priced_has_violations_and_no_objectives(configurations):
    priced = TASK.price(Candidate(0, configurations[0])).candidate
    assert priced_outcome(priced, TASK.goals).objectives is None
    assert priced_outcome(priced, TASK.goals).violations.keys() == set(constraints_of(TASK.goals))
