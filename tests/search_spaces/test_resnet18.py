"""ResNet18 against torchvision, and the one shortcut that starts in the stem."""

import torchvision

from prototypenas.types import Configuration, GroupConfiguration
from search_spaces import PUBLISHED
from search_spaces.resnet18 import build_resnet18


def test_published_network_takes_torchvisions_weights(takes_state_dict):
    takes_state_dict(PUBLISHED["resnet18"].build(1000), torchvision.models.resnet18(), (3, 64, 64))


def built(first_stride):
    pruned = GroupConfiguration(sparsity=0.5)
    groups = (GroupConfiguration(stride=first_stride, sparsity=0.5), pruned, pruned, pruned)
    return build_resnet18(Configuration("resnet18", 0.5, groups), (3, 64, 64), 10)


def test_stem_is_pruned_with_the_group_that_adds_to_it():
    stream = built(first_stride=1).dimensions[0]
    assert (stream.root, stream.group, stream.channels, stream.kept) == ("stem.0.0", 0, 32, 16)


def test_stem_is_not_pruned_where_the_first_shortcut_projects():
    stem = built(first_stride=2).dimensions[0]
    assert (stem.root, stem.group, stem.kept) == ("stem.0.0", None, 32)
