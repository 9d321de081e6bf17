"""The neck between MbedNet's levels and their heads."""

from dataclasses import replace

import pytest
import torch

from prototypenas.compression.pruning import prune_to
from prototypenas.graph.lowering import lower
from prototypenas.graph.operators.concat import Concat
from prototypenas.graph.operators.upsample_nearest import UpsampleNearest
from search_spaces.mbednet_yolo import REFERENCE, build_mbednet_yolo

SHAPE = (3, 64, 96)


def narrow(**changes: object):
    groups = tuple(replace(group, depth=1, **changes) for group in REFERENCE.groups)
    return replace(REFERENCE, width=0.2, groups=groups)


def test_levels_are_strides_8_16_and_32():
    network = build_mbednet_yolo(narrow(), SHAPE, 2)
    assert [tuple(level.shape) for level in network(torch.randn(1, *SHAPE))] == [
        (1, 21, 8, 12),
        (1, 21, 4, 6),
        (1, 21, 2, 3),
    ]


def test_every_level_sees_every_other():
    """The receptive fields of all outputs cover the picture only if the neck joins them."""
    network = build_mbednet_yolo(narrow(), SHAPE, 1).eval()
    features: list[list[torch.Tensor]] = []
    handle = network.head.register_forward_pre_hook(lambda _, given: features.append(list(given[0])))
    network(torch.randn(1, *SHAPE))
    handle.remove()
    given = [level.detach().requires_grad_() for level in features[0]]
    for output in network.head(given):
        gradients = torch.autograd.grad(output.square().sum(), given, retain_graph=True)
        assert all(bool((gradient != 0).any()) for gradient in gradients)


@pytest.mark.parametrize("coarse", [1, 2])
def test_levels_of_one_size_are_joined_without_enlarging(coarse):
    groups = [*narrow().groups]
    groups[3] = replace(groups[3], stride=coarse)
    configuration = replace(narrow(), groups=tuple(groups))
    with torch.device("meta"):
        graph = lower(build_mbednet_yolo(configuration, SHAPE, 1), SHAPE)
    assert sum(isinstance(operator, UpsampleNearest) for operator in graph.operators) == coarse
    assert sum(isinstance(operator, Concat) for operator in graph.operators) == 4


def test_a_cut_backbone_is_what_was_built_and_the_neck_keeps_its_widths():
    configuration = narrow(sparsity=0.5)
    built = build_mbednet_yolo(configuration, SHAPE, 1)
    network = build_mbednet_yolo(configuration.unpruned(), SHAPE, 1)
    prune_to(network, {one.name: one.kept for one in built.dimensions}, torch.randn(2, *SHAPE))
    shapes = {name: tensor.shape for name, tensor in network.state_dict().items()}
    assert shapes == {name: tensor.shape for name, tensor in built.state_dict().items()}
    assert [one.kept for one in built.dimensions if one.name.startswith("neck")] == [10, 19, 32]
