"""The stand-in behaves as an exploration: some cannot be built, some do not fit, equal networks score alike."""

from prototypenas.exploration.candidate_evaluation import evaluate_candidate
from prototypenas.exploration.samplers import create_sampler
from prototypenas.testing.stub_task import StubTask
from prototypenas.types import Built, Invalid, Rejected, Scored

TASK = StubTask()


def test_about_half_fits_and_every_kind_occurs(space):
    asked = create_sampler("random", space, goals=TASK.goals, population=200, seed=0).ask(200)
    found = [evaluate_candidate(number, one, TASK) for number, one in enumerate(asked)]
    assert {type(one) for one in found} == {Invalid, Rejected, Scored}
    assert 0.2 < sum(isinstance(one, Scored) for one in found) / 200 < 0.8
    digests = [(one.configuration.architecture, one.digest) for one in found if isinstance(one, Built)]
    assert len(set(digests)) < len(digests), "different configurations give the same network"


def test_a_budget_is_part_of_its_identity_and_the_time_it_takes_is_not():
    assert StubTask(seconds=1.0).identity() == TASK.identity()
    assert StubTask(proxy_names=("a",)).identity() != TASK.identity()
