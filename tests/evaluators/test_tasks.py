"""Which evaluator, summary and references suit which kind of data."""

import pytest
import torch

from evaluators.classification import ClassificationTask
from evaluators.datasets.digits_scattered import ScatteredDigits
from evaluators.detection.detection_task import DetectionTask
from evaluators.tasks import evaluator_for, references_for, summary_for
from prototypenas.errors import ConfigurationError


@pytest.fixture(scope="module")
def boxes():
    from dataclasses import replace

    data = ScatteredDigits().load()
    return replace(data, train=data.train.at(torch.arange(24)), test=data.test.at(torch.arange(6)))


def test_classes_get_a_classifier_with_references(few_digits):
    evaluator = evaluator_for(few_digits)
    assert isinstance(evaluator.task, ClassificationTask) and evaluator.metric == "accuracy"
    assert references_for(evaluator) is not None
    assert summary_for(evaluator).boxes is None


def test_boxes_get_a_detector_without_references(boxes):
    evaluator = evaluator_for(boxes)
    assert isinstance(evaluator.task, DetectionTask) and evaluator.metric == "map50"
    assert references_for(evaluator) is None


def test_an_unknown_quantization_is_refused_for_both(few_digits, boxes):
    for data in (few_digits, boxes):
        with pytest.raises(ConfigurationError, match="qatt"):
            evaluator_for(data, quantization="qatt")


def test_epochs_after_the_float_ones_are_told_before_training(few_digits):
    aware = evaluator_for(few_digits, quantization="qat")
    assert summary_for(aware).training.endswith(f"; then {aware.quantization.aware_epochs} quantization-aware epochs")
    assert "quantization-aware" not in summary_for(evaluator_for(few_digits)).training
