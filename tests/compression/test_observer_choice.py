"""The observer of least noise at the outputs is kept."""

import pytest
import torch
from torch import nn

from prototypenas.compression.calibration import OBSERVERS
from prototypenas.compression.observer_choice import output_snr_db, quantize_with_least_noise
from prototypenas.graph.lowering import lower


@pytest.fixture(scope="module")
def graph():
    torch.manual_seed(0)
    return lower(nn.Sequential(nn.Conv2d(2, 6, 3), nn.ReLU(), nn.Conv2d(6, 3, 1)).eval(), (2, 8, 8))


@pytest.fixture(scope="module")
def batches():
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(8, 2, 8, 8, generator=generator) for _ in range(2)]


def test_the_choice_is_the_best_of_all_and_its_noise_is_that_of_its_graph(graph, batches):
    found = quantize_with_least_noise(graph, batches)
    assert set(found.snr_db) == set(OBSERVERS)
    assert found.snr_db[found.observer] == max(found.snr_db.values())
    assert output_snr_db(graph, found.graph, batches) == pytest.approx(found.snr_db[found.observer])


def test_the_batch_with_most_noise_counts_together_with_the_others(graph, batches):
    alone = [quantize_with_least_noise(graph, batches, observers={name: OBSERVERS[name]}) for name in OBSERVERS]
    assert {one.observer for one in alone} == set(OBSERVERS)
    assert all(one.snr_db[one.observer] > 10 for one in alone)
