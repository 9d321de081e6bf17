"""SqueezeNet 1.1 against torchvision."""

import torchvision
from torch import nn

from prototypenas.types import Configuration, GroupConfiguration
from search_spaces import PUBLISHED
from search_spaces.squeezenet import build_squeezenet


def test_published_network_takes_torchvisions_weights(takes_state_dict):
    takes_state_dict(PUBLISHED["squeezenet-1.1"].build(1000), torchvision.models.squeezenet1_1(), (3, 95, 95))


def test_stride_is_a_pool_before_the_first_fire_module():
    groups = tuple(GroupConfiguration(depth=2, stride=stride) for stride in (1, 2, 1, 2))
    model = build_squeezenet(Configuration("squeezenet", 0.5, groups), (3, 64, 64), 10)
    pooled = [[isinstance(fire.pool, nn.MaxPool2d) for fire in group] for group in model.groups]
    assert pooled == [[False, False], [True, False], [False, False], [True, False]]
