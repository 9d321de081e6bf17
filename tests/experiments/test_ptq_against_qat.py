"""Both quantizations from one training."""

from dataclasses import replace

import pytest

from evaluators.classification import ClassificationTask
from evaluators.datasets.samples import assembled
from experiments.ptq_against_qat import NETWORKS, Row, compared, summary
from tests.experiments.test_sisfall import waves


def test_costs_are_told_in_points():
    said = summary([Row("a", 10, 2, 100, 0.9, 0.85, 0.9), Row("b", 10, 2, 100, 0.9, 0.88, 0.91)])
    assert said == (
        "PTQ costs +3.50 points in the mean, at most +5.00; QAT costs -0.50 points in the mean, at most +0.00"
    )


@pytest.mark.slow
def test_a_network_is_trained_once_and_quantized_both_ways(tmp_path):
    data = assembled("waves", ["calm", "wild"], waves(64), waves(32), split="made up")
    task = ClassificationTask(replace(data, input_shape=(2, 30)))
    row = compared(NETWORKS[0], task, 2, tmp_path, seed=0)
    assert (row.epochs, row.aware_epochs, row.test_windows) == (2, 2, 32)
    assert all(0 <= score <= 1 for score in (row.unquantized, row.ptq, row.qat))
    assert compared(NETWORKS[0], task, 2, tmp_path, seed=0) == row
