"""The inverted residual against torchvision's, and where the searched networks put shortcuts."""

import pytest
from torch import nn
from torchvision.models.mobilenetv2 import InvertedResidual as TorchvisionInvertedResidual

from search_spaces.inverted_residual import InvertedResidual


@pytest.mark.parametrize(("stride", "expansion", "out_channels"), [(1, 6, 8), (2, 6, 8), (1, 3, 12), (1, 1, 8)])
def test_block_computes_what_torchvisions_does(stride, expansion, out_channels, takes_state_dict):
    ours = InvertedResidual(
        8,
        8 * expansion,
        out_channels,
        kernel=3,
        stride=stride,
        shortcut=stride == 1 and out_channels == 8,
        expand=expansion > 1,
    )
    theirs = TorchvisionInvertedResidual(8, out_channels, stride, expansion)
    takes_state_dict(ours, theirs, (8, 9, 9))


@pytest.mark.parametrize("name", ["mobilenet_v2", "proxylessnas", "mcunet"])
def test_only_the_first_superblock_of_a_group_has_no_shortcut(name, random_prototypes):
    for model in random_prototypes(name, (3, 32, 32), 2):
        for group in model.groups:
            assert [block.shortcut for block in group] == [False] + [True] * (len(group) - 1)
            assert {block.depthwise[0].groups for block in group} <= {block.depthwise[0].in_channels for block in group}
            assert all(isinstance(block.expand, nn.Sequential) for block in group)
