import dataclasses
import json
import random

import pytest

from prototypenas.errors import ConfigurationError
from prototypenas.exploration.space import Categorical, SearchSpace


def random_values(space, seed):
    chance = random.Random(seed)
    return {
        each.name: chance.choice(each.choices) if isinstance(each, Categorical) else chance.uniform(each.low, each.high)
        for each in space.parameters()
    }


def test_table_1_has_14_parameters(space):
    assert len(space.parameters()) == 14
    assert sum(not isinstance(each, Categorical) for each in space.parameters()) == 5


@pytest.mark.parametrize("seed", range(20))
def test_values_and_configuration_are_inverse(space, seed):
    values = random_values(space, seed)
    configuration = space.configuration(values)
    assert space.values(configuration) == values
    assert {group.kernel for group in configuration.groups} <= set(space.kernels[configuration.architecture])


@pytest.mark.parametrize("fixed", [{}, {"group2_depth": 3, "width": 0.5}])
def test_a_recorded_space_is_restored(space, fixed):
    recorded = json.loads(json.dumps(dataclasses.replace(space, fixed=fixed).identity()))
    restored = SearchSpace.restored(recorded)
    assert restored == dataclasses.replace(space, fixed=fixed) and restored.identity() == recorded


def test_kernels_go_by_their_place_where_architectures_differ(space):
    values = random_values(space, 0) | {"group1_kernel_stride": "kernel long, stride 2"}
    kernels = {
        name: space.configuration(values | {"architecture": name}).groups[0].kernel for name in space.architectures
    }
    assert kernels == {"squat": 7, "tall": 39}


@pytest.mark.parametrize("seed", range(20))
def test_architectures_may_offer_different_numbers_of_kernels(seed):
    offered = {"few": (3, 9), "many": (3, 5, 7, 11, 13), "one": (5,)}
    space = SearchSpace(tuple(offered), offered)
    configuration = space.configuration(random_values(space, seed))
    assert {group.kernel for group in configuration.groups} <= set(offered[configuration.architecture])
    assert space.configuration(space.values(configuration)) == configuration


def test_every_kernel_of_every_architecture_is_reached_and_shortest_first():
    offered = {"few": (3, 9), "many": (3, 5, 7, 11, 13), "one": (5,)}
    space = SearchSpace(tuple(offered), offered, strides=(1,))
    labels = next(each for each in space.parameters() if each.name == "group1_kernel_stride").choices
    assert len(labels) == 5
    for name, kernels in offered.items():
        values = random_values(space, 0) | {"architecture": name}
        reached = [space.configuration(values | {"group1_kernel_stride": one}).groups[0].kernel for one in labels]
        assert tuple(dict.fromkeys(reached)) == kernels and reached == sorted(reached)


def test_kernels_go_by_their_size_where_architectures_agree():
    space = SearchSpace(("one", "other"), dict.fromkeys(("one", "other"), (3, 5)))
    labels = next(each for each in space.parameters() if each.name == "group1_kernel_stride")
    assert isinstance(labels, Categorical)
    assert labels.choices == ("kernel 3, stride 1", "kernel 3, stride 2", "kernel 5, stride 1", "kernel 5, stride 2")


def test_a_configuration_outside_is_refused(space):
    inside = space.configuration(random_values(space, 0))
    foreign_group = dataclasses.replace(inside.groups[0], kernel=11)
    with pytest.raises(ConfigurationError, match="group 1"):
        space.values(dataclasses.replace(inside, groups=(foreign_group, *inside.groups[1:])))
    with pytest.raises(ConfigurationError, match="squat, tall"):
        space.values(dataclasses.replace(inside, architecture="wide"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"architectures": (), "kernels": {}}, "at least one"),
        ({"architectures": ("a",), "kernels": {}}, "no kernels given for a"),
        ({"architectures": ("a",), "kernels": {"a": (3,)}, "width": (1.0, 1.0)}, "width"),
    ],
)
def test_a_space_that_makes_no_sense_is_refused(arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        SearchSpace(**arguments)
