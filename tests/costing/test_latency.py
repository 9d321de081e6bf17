"""The cycle model meets the published timings it was fitted to, and says nothing where none exist."""

from dataclasses import replace

import pytest
import torch
import torchvision
from torch import nn

from prototypenas.costing.latency import CYCLE_MODELS, check_estimated, estimate_latency
from prototypenas.costing.targets import load_targets
from prototypenas.errors import ConfigurationError
from prototypenas.graph.lowering import lower
from prototypenas.types import Budget, Target

STM32H7 = Target("stm32h747", "model zoo board", "cortex-m7", 400_000_000, None, None, Budget())
MODEL_ZOO = [
    ("mobilenet_v2", {"width_mult": 0.35, "num_classes": 5}, 128, 94.3),
    ("mobilenet_v2", {"width_mult": 0.35, "num_classes": 5}, 224, 290.8),
    ("mobilenet_v2", {"width_mult": 1.0}, 224, 1106.64),
    ("mobilenet_v2", {"width_mult": 1.4}, 224, 2010.66),
    ("squeezenet1_1", {"num_classes": 5}, 128, 216.7),
    ("squeezenet1_1", {"num_classes": 5}, 224, 693.3),
]


@pytest.mark.parametrize(("name", "options", "side", "published_ms"), MODEL_ZOO)
def test_published_timings_are_met_within_the_stated_error(name, options, side, published_ms):
    with torch.device("meta"):
        graph = lower(getattr(torchvision.models, name)(weights=None, **options), (3, side, side))
    estimate = estimate_latency(graph, STM32H7)
    assert estimate.latency_ms == pytest.approx(published_ms, rel=estimate.relative_error)


def test_layers_add_up_and_energy_is_power_times_time():
    graph = lower(nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 2)), (3, 8, 8))
    estimate = estimate_latency(graph, load_targets()["stm32l4r5"])
    assert sum(layer.latency_ms for layer in estimate.layers) == pytest.approx(estimate.latency_ms)
    assert [layer.operator for layer in estimate.layers] == ["0", "1", "3"]
    assert estimate.layers[1].cycles == 0
    assert estimate.energy_mj == pytest.approx(45.0 * estimate.latency_ms / 1000)


def test_cycles_by_hand():
    graph = lower(nn.Sequential(nn.Conv2d(2, 2, 3, groups=2), nn.Conv2d(2, 3, 1)), (2, 4, 4))
    dense, depthwise = 1.00 * 4 * 6 + 5.2 * 12, 6.6 * 8 * 9 + 5.2 * 8
    assert estimate_latency(graph, STM32H7).cycles == pytest.approx(dense + depthwise)


def test_power_and_cores_that_nobody_measured_stay_unknown():
    graph = lower(nn.Conv2d(3, 4, 3), (3, 8, 8))
    assert estimate_latency(graph, load_targets()["imxrt1062"]).energy_mj is None
    for target in load_targets().values():
        assert (estimate_latency(graph, target) is None) == (target.core not in CYCLE_MODELS)
    assert estimate_latency(graph, load_targets()["rp2040"]) is None


def test_latency_and_energy_are_refused_where_nothing_estimates_them():
    targets = load_targets()
    check_estimated(("flops", "ram"), targets["rp2040"])
    check_estimated(("latency",), targets["stm32f746"])
    with pytest.raises(ConfigurationError, match="rp2040 has no latency model, so latency can be neither"):
        check_estimated(("latency",), targets["rp2040"])
    powerless = replace(targets["stm32f746"], active_power_mw=None)
    check_estimated(("latency",), powerless)
    with pytest.raises(ConfigurationError, match="the active power of stm32f746 is unknown"):
        check_estimated(("energy",), powerless)
