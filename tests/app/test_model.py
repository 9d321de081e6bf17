"""A model that is not trained says so, and what was delivered shows itself."""

from pathlib import Path

import pytest

from prototypenas.app.model import Delivered, TrainedModel, task_evaluator
from prototypenas.costing.targets import load_targets
from prototypenas.errors import ConfigurationError, RunDirectoryError
from prototypenas.reporting.report_data import ModelResult
from prototypenas.runs.delivery_record import Delivery
from prototypenas.steps import Training
from prototypenas.types import Candidate, Configuration, Cost, Footprint, GroupConfiguration

ASKED = Candidate(4, Configuration("toy", 1.0, (GroupConfiguration(),) * 4))
SCORED = ASKED.built(Cost(1, 1, Footprint(1, 1, 1, 1, 1, 1, 1, 1)), "d").scored({})


class OfAPlugin:
    """An evaluator that only trains and tests."""


TRAINING = Training("mine", OfAPlugin(), {"toy": None}, {})
MODEL = TrainedModel(Path("models/4"), ModelResult(SCORED), load_targets()["rp2040"], lambda: TRAINING)


def test_what_is_not_there_yet_says_how_to_get_it():
    assert MODEL.number == 4 and repr(MODEL) == "<TrainedModel 4: toy, in models/4>"
    with pytest.raises(RunDirectoryError, match="trial 4 is not trained yet; train again"):
        MODEL.evaluation  # noqa: B018
    with pytest.raises(RunDirectoryError, match="trial 4 is not quantized yet"):
        MODEL.outputs([[0.0]])


def test_a_plugins_evaluator_has_no_network_to_give():
    with pytest.raises(ConfigurationError, match="mine is trained by OfAPlugin, not by ours"):
        task_evaluator(TRAINING)
    with pytest.raises(ConfigurationError):
        MODEL.module()


def test_a_delivery_shows_scores_and_sizes_as_far_as_they_are_known():
    found = Delivered(Path("c"), Delivery(0.912, 40, {".text": 10}, {".text": 9040}))
    assert repr(found) == "<Delivered in c: score of the compiled C 91.20 % of 40 test samples, .text 9,040 bytes>"
    assert "9,040 bytes" in found._repr_html_()
    assert "score" not in repr(Delivered(Path("c"), Delivery(None)))
