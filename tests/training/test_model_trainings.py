"""The order of trainings, and what a training without pre-training begins with."""

from prototypenas.progress import Silent
from prototypenas.steps import Training
from prototypenas.training.model_trainings import first_weights, longest_first
from prototypenas.types import Candidate, Configuration, Cost, Footprint, GroupConfiguration


def scored(number: int, macs: int):
    asked = Candidate(number, Configuration("toy", 1.0, (GroupConfiguration(),) * 4))
    return asked.built(Cost(macs, 1, Footprint(1, 1, 1, 1, 1, 1, 1, 1)), str(number)).scored({})


def test_the_longest_training_begins_first_and_equal_ones_keep_their_order():
    chosen = [scored(0, 5), scored(1, 9), scored(2, 5)]
    assert [one.number for one in longest_first(chosen)] == [1, 0, 2]


def test_without_pre_training_the_baselines_are_as_they_were():
    baselines = {"toy": lambda *_: None}
    training = Training("any", None, baselines, {})
    assert first_weights(None, training, [scored(0, 5)], None, Silent()) is baselines
