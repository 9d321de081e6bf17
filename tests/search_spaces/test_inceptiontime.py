"""InceptionTime: kernels, residuals, and the module as the publication computes it."""

import pytest
import torch
from torch import nn

from prototypenas.types import Configuration, GroupConfiguration
from search_spaces import PUBLISHED
from search_spaces.inceptiontime import InceptionModule, branch_kernels, build_inceptiontime


@pytest.mark.parametrize(("longest", "all_three"), [(39, (39, 19, 9)), (19, (19, 9, 5)), (9, (9, 5, 3))])
def test_branches_halve_the_kernel(longest, all_three):
    assert branch_kernels(longest) == all_three


def test_normalising_each_branch_is_normalising_the_concatenation():
    torch.manual_seed(0)
    module = InceptionModule(6, 4, (3, 5, 2, 7), kernel=9, stride=1)
    inputs = torch.randn(8, 6, 40)
    narrowed = module.bottleneck(inputs)
    raw = [branch[0](narrowed) for branch in module.branches] + [module.pooled[1](module.pooled[0](inputs))]
    expected = torch.relu(nn.BatchNorm1d(17)(torch.cat(raw, dim=1)))
    torch.testing.assert_close(module(inputs), expected)


def test_every_third_module_of_a_group_ends_a_residual():
    groups = tuple(GroupConfiguration(depth=depth, kernel=9, stride=2) for depth in (5, 3, 2, 1))
    model = build_inceptiontime(Configuration("inceptiontime", 0.25, groups), (2, 128), 4)
    joined = [[module.join is not None for module in group] for group in model.groups]
    assert joined == [[False, False, True, False, False], [False, False, True], [False, False], [False]]


def test_a_residual_adds_the_projected_start_of_its_group():
    torch.manual_seed(0)
    groups = (GroupConfiguration(depth=3, kernel=9, stride=2), *[GroupConfiguration(kernel=9)] * 3)
    group = build_inceptiontime(Configuration("inceptiontime", 0.25, groups), (2, 64), 4).eval().groups[0]
    inputs = torch.randn(3, 2, 64)
    straight = group[2](group[1](group[0](inputs)))
    torch.testing.assert_close(group(inputs), torch.relu(straight + group[2].join.shortcut(inputs)))


def test_published_network_has_two_residuals_of_three_modules():
    joined = [module.join is not None for module in PUBLISHED["inceptiontime"].build(5)[0]]
    assert joined == [False, False, True] * 2


def test_a_single_channel_needs_no_bottleneck():
    groups = (GroupConfiguration(kernel=9),) * 4
    model = build_inceptiontime(Configuration("inceptiontime", 1.0, groups), (1, 64), 4)
    assert [isinstance(group[0].bottleneck, nn.Identity) for group in model.groups] == [True, False, False, False]
