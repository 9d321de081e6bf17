"""One result holds all that is known of a network on a target."""

import pytest
from torch import nn

from prototypenas.costing.measurement import measure_network
from prototypenas.costing.targets import load_targets

NETWORK = nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 2))


def test_rows_add_up_to_the_cost():
    result = measure_network(NETWORK, (3, 8, 8), load_targets()["stm32f746"])
    assert [row.kind for row in result.layers] == ["Conv2d", "AveragePool2d", "FullyConnected"]
    assert sum(row.macs for row in result.layers) == result.cost.macs
    assert sum(row.parameters for row in result.layers) == result.cost.parameters
    assert sum(row.latency_ms for row in result.layers) == pytest.approx(result.latency.latency_ms)
    assert result.layers[0].output_shape == (6, 6, 5)
    assert result.layers[0].live_bytes == 8 * 8 * 3 + 6 * 6 * 5
    assert max(row.live_bytes for row in result.layers) == result.plan.live_bound_bytes
    assert max(result.violations.values()) < 0


def test_latency_is_none_where_nothing_calibrates_it():
    result = measure_network(NETWORK, (3, 8, 8), load_targets()["rp2040"])
    assert result.latency is None
    assert {row.latency_ms for row in result.layers} == {None}
