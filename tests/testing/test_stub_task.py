"""The stand-in behaves as an exploration: some cannot be built, some do not fit, equal networks score alike."""

from prototypenas.exploration.candidate_evaluation import evaluate_candidate
from prototypenas.exploration.samplers import create_sampler
from prototypenas.testing.stub_task import StubTask
from prototypenas.types import Candidate, Configuration, GroupConfiguration, Invalid, Rejected, Scored

TASK = StubTask()


def test_about_half_fits_and_every_kind_occurs(space):
    asked = create_sampler("random", space, goals=TASK.goals, population=200, seed=0).ask(200)
    found = [evaluate_candidate(number, one, TASK) for number, one in enumerate(asked)]
    assert {type(one) for one in found} == {Invalid, Rejected, Scored}
    assert 0.2 < sum(isinstance(one, Scored) for one in found) / 200 < 0.8


def test_channels_come_in_steps_so_that_near_configurations_are_one_network():
    groups = tuple(GroupConfiguration(sparsity=0.3) for _ in range(4))
    one, near, other = (
        TASK.price(Candidate(0, Configuration("toy", width, groups))).candidate for width in (1.0, 1.001, 1.4)
    )
    assert one.digest == near.digest != other.digest


def test_a_budget_is_part_of_its_identity_and_the_time_it_takes_is_not():
    assert StubTask(seconds=1.0).identity() == TASK.identity()
    assert StubTask(proxy_names=("a",)).identity() != TASK.identity()
