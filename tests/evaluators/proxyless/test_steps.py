"""Architecture steps find what was planted."""

import pytest
import torch

from tests.evaluators.proxyless.planted import CHEAPEST, EDGES, PLANTED, found_in, planted


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_teachers_layers_are_found_on_every_edge_in_100_steps(seed):
    assert found_in(seed, 100, weight=0.0) == (PLANTED,) * EDGES


def test_where_cost_is_all_that_counts_the_cheapest_network_is_found():
    assert found_in(0, 100, weight=1000.0) == (CHEAPEST,) * EDGES


def test_the_planted_network_is_the_teacher():
    supernet, batches = planted(0)
    supernet.choose([PLANTED] * EDGES)
    batch = next(batches)
    assert torch.equal(supernet(batch.inputs).argmax(dim=1), batch.targets)
