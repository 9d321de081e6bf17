from dataclasses import replace

import pytest

from prototypenas.costing.latency import LatencyEstimate
from prototypenas.reporting.recommendation import recommend
from prototypenas.types import Evaluation


def models_with(full_report, *scored, metric="accuracy", samples=400):
    """Models of an int8 score and a latency each."""
    given = zip(full_report.models, scored, strict=False)
    return [
        replace(
            model,
            evaluation=Evaluation(metric, score, score, score, samples, 1.0),
            latency=LatencyEstimate((), 1e6, milliseconds, 0.1, "", None),
        )
        for model, (score, milliseconds) in given
    ]


def test_the_quickest_of_those_the_test_cannot_tell_apart_is_recommended(full_report):
    # One standard error of 0.96 over 400 samples is 0.0098.
    models = models_with(full_report, (0.96, 100.0), (0.951, 40.0), (0.949, 10.0))
    found = recommend(models)
    assert found is not None and found.model is models[1]
    assert "400 test samples cannot tell its int8 accuracy of 95.1 % from the 96.0 %" in found.reason
    assert "2.5 times as quick" in found.reason


def test_a_clear_winner_is_recommended_with_its_lead(full_report):
    models = models_with(full_report, (0.90, 10.0), (0.96, 100.0), (0.93, 20.0))
    found = recommend(models)
    assert found is not None and found.model is models[1]
    assert "96.0 %, 3.0 points above the next" in found.reason


def test_the_best_that_is_also_the_quickest_says_so(full_report):
    models = models_with(full_report, (0.960, 10.0), (0.959, 100.0), (0.93, 5.0))
    found = recommend(models)
    assert found is not None and found.model is models[0]
    assert "the quickest of the 2 that 400 test samples cannot tell apart" in found.reason


def test_more_samples_tell_more_apart(full_report):
    models = models_with(full_report, (0.96, 100.0), (0.951, 40.0), samples=40_000)
    found = recommend(models)
    assert found is not None and found.model is models[0]


def test_a_detector_is_taken_for_its_precision_alone(full_report):
    models = models_with(full_report, (0.500, 10.0), (0.501, 100.0), metric="map50")
    found = recommend(models)
    assert found is not None and found.model is models[1]


def test_of_detectors_that_are_printed_alike_the_quickest_is_taken(full_report):
    models = models_with(full_report, (0.9997, 70.0), (1.0, 230.0), metric="map50")
    found = recommend(models)
    assert found is not None and found.model is models[0]
    assert "3.3 times as quick" in found.reason


def test_without_a_timing_the_operations_decide(full_report):
    models = [replace(model, latency=None) for model in models_with(full_report, (0.9, 1.0), (0.9, 1.0), (0.9, 1.0))]
    found = recommend(models)
    assert found is not None
    assert found.model.candidate.cost.macs == min(model.candidate.cost.macs for model in models)


@pytest.mark.parametrize("count", [0, 1])
def test_few_trained_models_leave_little_choice(full_report, bare_report, count):
    models = [*models_with(full_report, *[(0.9, 1.0)] * count), *bare_report.models[count:]]
    found = recommend(models)
    assert (found is None) if count == 0 else (found is not None and "only one" in found.reason)
