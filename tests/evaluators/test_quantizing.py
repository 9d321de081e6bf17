"""How a trained network becomes int8: what a plan allows, and what integers give for a whole part."""

import numpy as np
import pytest
import torch

from evaluators.classification import ClassificationTask
from evaluators.quantizing import QuantizationPlan, aware_plan, quantized_network, simulated_outputs
from prototypenas.compression.simulator import quantize_input, simulate_rows
from prototypenas.errors import ConfigurationError
from search_spaces.mbednet import build_mbednet


@pytest.mark.parametrize(
    "wrong", [{"aware_epochs": -1}, {"calibration_samples": 0}, {"observer": "msee"}], ids=lambda one: next(iter(one))
)
def test_a_plan_that_cannot_be_is_refused(wrong):
    with pytest.raises(ConfigurationError):
        QuantizationPlan(**wrong)


@pytest.mark.parametrize(("epochs", "aware"), [(100, 15), (20, 3), (1, 2)])
def test_epochs_that_know_the_rounding_are_a_share_of_those_before_and_at_least_two(epochs, aware):
    assert aware_plan(epochs).aware_epochs == aware


def test_integers_are_computed_batch_by_batch_as_at_once_and_from_training_ranges(
    few_digits, tiny_configuration, monkeypatch
):
    monkeypatch.setattr("evaluators.quantizing.EVALUATION_BATCH", 7)
    task = ClassificationTask(few_digits)
    torch.manual_seed(0)
    network = build_mbednet(tiny_configuration, (1, 16, 16), 10).eval()
    graph = quantized_network(network, task, QuantizationPlan(calibration_samples=32)).to_integer_graph()
    some = few_digits.test.at(torch.arange(20))
    found = simulated_outputs(graph, task, some)
    assert found.shape == (20, 10) and found.dtype == np.int8
    at_once = simulate_rows(graph, quantize_input(graph, task.prepared(some).numpy()))
    assert (found == at_once).all()
