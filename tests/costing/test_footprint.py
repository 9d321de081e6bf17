"""Costs are sums that PyTorch's own counters and a hand count agree with."""

import pytest
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from prototypenas.costing.footprint import cost_of, parameters_of
from prototypenas.costing.kernel_properties import DESCRIPTOR_BYTES
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.costing.targets import load_targets
from prototypenas.graph.lowering import lower
from search_spaces import IMAGE_POOL, REFERENCES, TIME_SERIES_POOL

TARGET = load_targets()["imxrt1062"]
NETWORKS = {
    **{
        name: (lambda name=name: getattr(torchvision.models, name)(weights=None), (3, 64, 64))
        for name in ("mobilenet_v2", "resnet18", "squeezenet1_1")
    },
    **{
        name: (lambda name=name, pool=pool, shape=shape: pool[name](REFERENCES[name], shape, 10), shape)
        for pool, shape in ((IMAGE_POOL, (3, 128, 128)), (TIME_SERIES_POOL, (6, 128)))
        for name in pool
    },
}


@pytest.mark.parametrize("name", NETWORKS)
def test_flops_are_those_pytorch_counts(name):
    build, shape = NETWORKS[name]
    with torch.device("meta"):
        module = build().eval()
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            module(torch.zeros(1, *shape))
    assert cost_of(lower(module, shape), TARGET).flops == counter.get_total_flops()


@pytest.mark.parametrize(
    ("name", "parameters"), [("mobilenet_v2", 3_504_872), ("resnet18", 11_689_512), ("squeezenet1_1", 1_235_496)]
)
def test_parameters_are_the_published_ones_less_what_folding_saves(name, parameters):
    with torch.device("meta"):
        module = getattr(torchvision.models, name)(weights=None)
    assert sum(parameter.numel() for parameter in module.parameters()) == parameters
    normalised = sum(child.num_features for child in module.modules() if isinstance(child, nn.BatchNorm2d))
    assert parameters_of(lower(module, (3, 64, 64))) == parameters - normalised


def test_the_parts_of_a_small_network_counted_by_hand():
    graph = lower(nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(5 * 36, 7)), (3, 8, 8))
    plan = plan_memory(graph)
    cost = cost_of(graph, TARGET, plan)
    part = cost.footprint
    assert cost.macs == 36 * 5 * 27 + 180 * 7
    assert cost.parameters == 5 * 28 + 7 * 181
    assert part.weights_bytes == 136 + 1260  # 135 rounded up to a word
    assert part.biases_bytes == 4 * 12
    assert part.requantization_bytes == 5 * 12
    assert part.descriptors_bytes == 2 * DESCRIPTOR_BYTES
    assert part.activations_bytes == plan.arena_bytes
    assert part.activations_bytes + part.scratch_bytes == plan.total_bytes
    assert part.code_bytes > 0
    assert part.stack_bytes > 0


def test_a_concatenation_in_place_needs_no_descriptor():
    with torch.device("meta"):
        graph = lower(torchvision.models.squeezenet1_1(weights=None), (3, 128, 128))
    concats = 8
    plan = plan_memory(graph)
    cost = cost_of(graph, TARGET, plan)
    descriptors = cost.footprint.descriptors_bytes - plan.table_bytes
    assert descriptors == DESCRIPTOR_BYTES * (len(graph.operators) - concats)


@pytest.mark.parametrize("name", load_targets())
def test_every_target_can_be_priced(name):
    graph = lower(nn.Conv2d(3, 4, 3), (3, 8, 8))
    target = load_targets()[name]
    assert cost_of(graph, target).footprint.rom_bytes > 108
    assert max(target.budget.violations(cost_of(graph, target)).values()) < 0
