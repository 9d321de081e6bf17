import pickle
from dataclasses import replace

import pytest
import torch

from prototypenas.training.pretrained_baseline import PretrainedBaseline, centred
from prototypenas.types import Configuration, GroupConfiguration
from search_spaces import IMAGE_POOL
from search_spaces.mbednet import build_mbednet

SHAPE = (3, 64, 64)
GROUP = GroupConfiguration(depth=2, kernel=3, stride=2)
DONOR = Configuration("mbednet", 0.5, (GROUP, GROUP, GROUP, replace(GROUP, stride=1)))


def trained(baseline, configuration, num_classes=7):
    """A network none of whose tensors is as it was drawn, statistics included."""
    network = baseline(configuration, SHAPE, num_classes)
    generator = torch.Generator().manual_seed(0)
    for tensor in network.state_dict().values():
        if tensor.is_floating_point():
            tensor.add_(0.1 * torch.rand(tensor.shape, generator=generator))
    return network.eval()


def with_classifier_of(network, donor):
    last, theirs = network.head[-1][-1], donor.head[-1][-1]
    last.load_state_dict(theirs.state_dict())
    return network.eval()


@pytest.mark.parametrize("architecture", IMAGE_POOL)
def test_any_shallower_narrower_network_takes_over_all_but_the_classifier(architecture):
    build = IMAGE_POOL[architecture]
    groups = tuple(replace(GROUP, depth=3, stride=1 + place % 2) for place in range(4))
    large = Configuration(architecture, 0.6, groups)
    donor = trained(build, large)
    small = tuple(replace(group, depth=depth, sparsity=0.5) for group, depth in zip(groups, (1, 2, 3, 1), strict=True))
    configuration = Configuration(architecture, 0.35, small)
    baseline = PretrainedBaseline(build, large.width, donor.state_dict())
    built = build(configuration.unpruned(), SHAPE, 4).state_dict()
    begun = baseline(configuration.unpruned(), SHAPE, 4).state_dict()
    assert {name: tensor.shape for name, tensor in begun.items()} == {name: t.shape for name, t in built.items()}
    taken = baseline.taken(configuration, SHAPE, 4)
    left = set(built) - set(taken)
    assert len(left) == 2 and all(name.startswith("head") for name in left), left
    assert all(torch.equal(begun[name], tensor) for name, tensor in taken.items())
    pruned = baseline(configuration, SHAPE, 4).state_dict()
    assert {name: t.shape for name, t in pruned.items()} == {
        name: t.shape for name, t in build(configuration, SHAPE, 4).state_dict().items()
    }


def test_the_same_configuration_computes_the_same():
    donor = trained(build_mbednet, DONOR)
    baseline = PretrainedBaseline(build_mbednet, 0.5, donor.state_dict())
    network = pickle.loads(pickle.dumps(baseline))(DONOR, SHAPE, 7)
    inputs = torch.rand(2, *SHAPE)
    assert not torch.equal(network.eval()(inputs), donor(inputs)), "the classifier is drawn anew"
    assert torch.equal(with_classifier_of(network, donor)(inputs), donor(inputs))


def test_larger_kernels_compute_the_same_at_first():
    donor = trained(build_mbednet, DONOR)
    larger = replace(DONOR, groups=tuple(replace(group, kernel=7) for group in DONOR.groups[:2]) + DONOR.groups[2:])
    network = PretrainedBaseline(build_mbednet, 0.5, donor.state_dict())(larger, SHAPE, 7)
    inputs = torch.rand(2, *SHAPE)
    assert torch.allclose(with_classifier_of(network, donor)(inputs), donor(inputs), atol=1e-5)


def test_a_narrower_network_keeps_the_most_important_channels():
    donor = trained(build_mbednet, DONOR)
    block = donor.groups[1][1]
    with torch.no_grad():
        for name, tensor in block.state_dict().items():
            if name.startswith(("expand", "depthwise")) and tensor.dim():
                tensor[::2] = 0
        block.project[0].weight[:, ::2] = 0
    narrow = PretrainedBaseline(build_mbednet, 0.5, donor.state_dict()).taken(replace(DONOR, width=0.25), SHAPE, 7)
    expanded = narrow["groups.1.1.expand.0.weight"]
    assert len(expanded) == len(block.expand[0].weight) // 2
    assert expanded.abs().sum(dim=(1, 2, 3)).min() > 0


def test_kernels_are_cut_and_padded_about_their_centre():
    kernel = torch.arange(25.0).view(1, 1, 5, 5)
    assert torch.equal(centred(kernel, torch.Size((1, 1, 3, 3))), kernel[:, :, 1:4, 1:4])
    assert torch.equal(centred(centred(kernel, torch.Size((1, 1, 7, 7))), kernel.shape), kernel)
    assert centred(kernel, torch.Size((2, 1, 3, 3))) is None
    assert centred(torch.ones(4), torch.Size((5,))) is None
