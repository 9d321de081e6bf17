"""The published networks show the figures of their publications."""

import pytest
import torch

from prototypenas.graph.lowering import lower
from search_spaces import PUBLISHED, REFERENCES
from search_spaces.pools import IMAGE_POOL, TIME_SERIES_POOL

MILLION_MACS_AND_PARAMETERS = {
    "proxylessnas-mobile": (320.428, 4_080_512),
    "proxylessnas-mobile-14": (580.883, 6_857_568),
    "proxylessnas-cpu": (439.244, 4_361_648),
    "proxylessnas-gpu": (465.260, 7_119_848),
    "mcunet-in0": (6.364, 749_840),
    "mcunet-in1": (12.790, 636_232),
    "mcunet-in2": (67.287, 729_392),
    "mcunet-in3": (81.786, 737_408),
    "mcunet-in4": (125.874, 1_732_640),
    "mobilenet-v2-1.0": (300.774, 3_504_872),
    "resnet18": (1814.073, 11_689_512),
    "squeezenet-1.1": (349.152, 1_235_496),
}
"""From the releases' own logs and torchvision's metadata."""

DISTANCES = {
    "mobilenet_v2": ("mobilenet-v2-1.0", -4.9, -9.9),
    "resnet18": ("resnet18", 0.0, 0.0),
    "squeezenet": ("squeezenet-1.1", -17.7, 0.2),
    "proxylessnas": ("proxylessnas-mobile", -10.4, -0.1),
    "mcunet": ("mcunet-in3", -1.3, -14.3),
    "inceptiontime": ("inceptiontime", -4.1, -4.1),
}
"""Per cent of MACs and parameters by which a reference differs, as its docstring says."""


def cost(build, input_shape):
    with torch.device("meta"):
        network = build()
    graph = lower(network, input_shape)
    count = sum(operator.macs(graph.tensors) for operator in graph.operators)
    return count, sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("name", PUBLISHED)
def test_macs_and_parameters_are_as_recorded(name):
    network = PUBLISHED[name]
    found = cost(lambda: network.build(network.num_classes), network.input_shape)
    assert found == (network.macs, network.parameters)
    if name in MILLION_MACS_AND_PARAMETERS:
        assert (round(found[0] / 1e6, 3), found[1]) == MILLION_MACS_AND_PARAMETERS[name]


@pytest.mark.parametrize("name", DISTANCES)
def test_reference_is_as_far_from_its_publication_as_it_says(name):
    twin, macs_percent, parameters_percent = DISTANCES[name]
    network = PUBLISHED[twin]
    build = {**IMAGE_POOL, **TIME_SERIES_POOL}[name]
    found = cost(lambda: build(REFERENCES[name], network.input_shape, network.num_classes), network.input_shape)
    assert 100 * (found[0] / network.macs - 1) == pytest.approx(macs_percent, abs=0.05)
    assert 100 * (found[1] / network.parameters - 1) == pytest.approx(parameters_percent, abs=0.05)


def test_published_network_takes_any_number_of_classes():
    network = PUBLISHED["mcunet-in0"].build(3).eval()
    assert network(torch.zeros(1, 3, 48, 48)).shape == (1, 3)
