"""Cutting arrives at exactly the shapes that the search built, and cuts what matters least."""

from dataclasses import replace
from random import Random

import pytest
import torch
from torch import nn

from prototypenas.compression.pruning import Importance, prune_to
from prototypenas.errors import ConfigurationError, InvalidConfiguration
from prototypenas.testing import random_configuration
from prototypenas.types import Configuration, GroupConfiguration
from search_spaces import DETECTION_POOL, IMAGE_POOL, KERNELS, TIME_SERIES_POOL
from search_spaces.mobilenet_v2 import build_mobilenet_v2

BASELINES = {**IMAGE_POOL, **TIME_SERIES_POOL, **DETECTION_POOL}
SMALL = {name: (2, 64) if name in TIME_SERIES_POOL else (1, 32, 32) for name in BASELINES}


def shapes(model):
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def kept(model):
    return {dimension.name: dimension.kept for dimension in model.dimensions}


def small_mobilenet(sparsity=0.0, width=0.25):
    groups = (GroupConfiguration(depth=2, sparsity=sparsity),) * 4
    torch.manual_seed(0)
    return build_mobilenet_v2(Configuration("mobilenet_v2", width, groups), (1, 32, 32), 5)


def check_cut_equals_built(name, samples, seed):
    random = Random(seed)
    while samples:
        configuration = random_configuration(random, name, KERNELS[name])
        try:
            built = BASELINES[name](configuration, SMALL[name], 3)
        except InvalidConfiguration:
            continue
        samples -= 1
        cut = BASELINES[name](configuration.unpruned(), SMALL[name], 3)
        prune_to(cut, kept(built), torch.zeros(1, *SMALL[name]))
        assert shapes(cut) == shapes(built), configuration
        assert cut.dimensions == built.dimensions
        cut(torch.zeros(2, *SMALL[name]))


@pytest.mark.parametrize("name", BASELINES)
def test_cut_network_has_exactly_the_built_shapes(name):
    check_cut_equals_built(name, samples=4, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("name", BASELINES)
def test_cut_network_has_exactly_the_built_shapes_at_50_configurations(name):
    check_cut_equals_built(name, samples=50, seed=1)


@pytest.mark.parametrize("name", ["mobilenet_v2", "inceptiontime"])
def test_steps_arrive_where_one_cut_does_and_tensors_follow(name):
    groups = (GroupConfiguration(depth=3, kernel=KERNELS[name][0], sparsity=0.6),) * 4
    configuration = Configuration(name, 0.5, groups)
    goal = BASELINES[name](configuration, SMALL[name], 3)
    model = BASELINES[name](configuration.unpruned(), SMALL[name], 3)
    followed = {path: tensor.clone() for path, tensor in model.state_dict().items()}
    start = kept(model)
    for share in (0.3, 0.7, 1.0):
        step = {path: round(start[path] + share * (count - start[path])) for path, count in kept(goal).items()}
        cut = prune_to(model, step, torch.zeros(1, *SMALL[name]))
        followed = {path: cut.apply(path, tensor) for path, tensor in followed.items()}
    assert shapes(model) == shapes(goal)
    for path, tensor in model.state_dict().items():
        assert torch.equal(tensor, followed[path]), path


def test_gradients_are_cut_with_their_weights():
    model = small_mobilenet()
    for parameter in model.parameters():
        parameter.grad = parameter.detach().clone()
    prune_to(model, kept(small_mobilenet(0.5)), torch.zeros(1, 1, 32, 32))
    assert all(torch.equal(parameter.grad, parameter) for parameter in model.parameters())


def test_channels_that_do_nothing_go_first_and_the_outputs_stay():
    model = small_mobilenet().eval()
    block = model.groups[1][1]
    dead = [0, 3, 7, 11]
    with torch.no_grad():
        for layer in (block.expand[0], block.expand[1], block.depthwise[0], block.depthwise[1]):
            layer.weight[dead] = 0.0
        block.project[0].weight[:, dead] = 0.0
    inputs = torch.randn(4, 1, 32, 32)
    before = model(inputs)
    count = kept(model)["group1.block1.expanded"]
    cut = prune_to(model, {"group1.block1.expanded": count - len(dead)}, inputs[:1])
    assert set(range(count)) - set(cut.dimensions["group1.block1.expanded"]) == set(dead)
    torch.testing.assert_close(model(inputs), before)


def test_normalisation_scale_decides_where_it_is_asked():
    model = small_mobilenet()
    block = model.groups[0][1]
    with torch.no_grad():
        for norm in (block.expand[1], block.depthwise[1]):
            norm.weight.copy_(torch.arange(1.0, len(norm.weight) + 1))
    half = len(block.expand[1].weight) // 2
    cut = prune_to(model, {"group0.block1.expanded": half}, torch.zeros(1, 1, 32, 32), importance=Importance.BN_SCALE)
    assert cut.dimensions["group0.block1.expanded"] == tuple(range(half, 2 * half))


def test_taylor_importance_keeps_the_channels_with_gradients():
    model = small_mobilenet()
    block = model.groups[0][1]
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    block.project[0].weight.grad[:, 5] = 1.0
    cut = prune_to(model, {"group0.block1.expanded": 1}, torch.zeros(1, 1, 32, 32), importance=Importance.TAYLOR)
    assert cut.dimensions["group0.block1.expanded"] == (5,)


def test_taylor_importance_wants_gradients():
    with pytest.raises(ConfigurationError, match="no gradients"):
        prune_to(small_mobilenet(), {"group0.stream": 1}, torch.zeros(1, 1, 32, 32), importance=Importance.TAYLOR)


def test_modes_and_untouched_dimensions_stay():
    model = small_mobilenet()
    model.groups[2].eval()
    modes = [module.training for module in model.modules()]
    before = kept(model)
    prune_to(model, {"group0.stream": 2}, torch.zeros(1, 1, 32, 32))
    assert [module.training for module in model.modules()] == modes
    assert kept(model) == {**before, "group0.stream": 2}


def test_nothing_to_cut_changes_nothing():
    model = small_mobilenet()
    weights = list(model.parameters())
    cut = prune_to(model, kept(model), torch.zeros(1, 1, 32, 32))
    assert not cut.tensors
    assert all(new is old for new, old in zip(model.parameters(), weights, strict=True))


@pytest.mark.parametrize(
    ("demand", "complaint"),
    [
        ({"group9.stream": 1}, "no dimension 'group9.stream'"),
        ({"group0.stream": 0}, "cannot keep 0"),
        ({"group0.stream": 999}, "cannot keep 999"),
    ],
)
def test_impossible_demands_are_refused(demand, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        prune_to(small_mobilenet(), demand, torch.zeros(1, 1, 32, 32))


def test_a_network_without_normalisation_has_no_scale_to_judge_by():
    model = small_mobilenet()
    for unit in model.modules():
        if isinstance(unit, nn.Sequential) and len(unit) > 1 and isinstance(unit[1], nn.BatchNorm2d):
            unit[1] = nn.Identity()
    with pytest.raises(ConfigurationError, match="nothing to judge"):
        prune_to(model, {"group0.stream": 1}, torch.zeros(1, 1, 32, 32), importance=Importance.BN_SCALE)


def test_dimensions_are_updated_but_the_configuration_is_not():
    model = small_mobilenet()
    configuration = model.configuration
    expected = tuple(replace(old, kept=1) if old.name == "group0.stream" else old for old in model.dimensions)
    prune_to(model, {"group0.stream": 1}, torch.zeros(1, 1, 32, 32))
    assert model.dimensions == expected
    assert model.configuration == configuration
