"""Costs of candidates: sums of parts equal the whole, and expectations equal enumeration."""

import random
from itertools import product
from math import prod

import pytest
import torch

from prototypenas.costing.latency import estimate_latency
from prototypenas.costing.targets import load_targets
from prototypenas.errors import ConfigurationError
from prototypenas.graph.lowering import lower
from prototypenas.oneshot.cost_table import cost_table
from search_spaces.proxyless_supernet import SUPERNETS, SupernetSpace, build_supernet, derived_network

SHAPE = (1, 16, 16)
SMALL = SupernetSpace((4, 4), (4, 6, 6, 8), (1, 2, 2, 1), (2, 1, 1, 2), kernels=(3, 5), expansions=(2,))
F746 = load_targets()["stm32f746"]


def meta_supernet(space, shape=SHAPE):
    with torch.device("meta"):
        return build_supernet(space, shape, 10)


def lowered(space, supernet, places, shape=SHAPE):
    network = derived_network(space, supernet.names_of(places), "derived")
    with torch.device("meta"):
        return lower(network(network.configuration, shape, 10), shape)


@pytest.mark.parametrize("preset", ["tiny", "small"])
def test_a_network_costs_what_its_derived_form_is_estimated_at(preset):
    shape, space = (3, 32, 32), SUPERNETS[preset]
    supernet = meta_supernet(space, shape)
    latency, macs = (cost_table(supernet, shape, F746, name) for name in ("latency", "macs"))
    draw = random.Random(0)
    for _ in range(3):
        places = [draw.randrange(len(edge.names)) for edge in supernet.edges]
        graph = lowered(space, supernet, places, shape)
        assert latency.of(places) == pytest.approx(estimate_latency(graph, F746).latency_ms, rel=1e-9)
        assert macs.of(places) == sum(operator.macs(graph.tensors) for operator in graph.operators)


def test_the_expected_cost_is_the_mean_over_all_networks():
    supernet = meta_supernet(SMALL)
    table = cost_table(supernet, SHAPE, F746)
    generator = torch.Generator().manual_seed(0)
    chances = [torch.rand(len(edge), generator=generator, dtype=torch.float64).softmax(0) for edge in table.edges]
    paths = list(product(*(range(len(edge)) for edge in table.edges)))
    mean = sum(
        prod(float(one[place]) for one, place in zip(chances, places, strict=True)) * table.of(places)
        for places in paths
    )
    assert float(table.expected(chances)) == pytest.approx(mean, rel=1e-9)
    assert (table.least, table.most) == (min(map(table.of, paths)), max(map(table.of, paths)))


def test_what_is_left_out_costs_nothing_and_the_reference_must_be_reachable():
    table = cost_table(meta_supernet(SMALL), SHAPE, F746)
    assert [edge[-1] for edge in (table.edges[1], table.edges[5])] == [0.0, 0.0]
    table.check_reachable((table.least + table.most) / 2)
    for wanted in (0.9 * table.least, 1.1 * table.most):
        with pytest.raises(ConfigurationError, match=r"the networks of this space take \d.* to \d"):
            table.check_reachable(wanted)


def test_other_costs_and_cores_without_an_estimate_are_refused():
    with pytest.raises(ConfigurationError, match="'ram' does not add up"):
        cost_table(meta_supernet(SMALL), SHAPE, F746, "ram")
    with pytest.raises(ConfigurationError, match="no latency model"):
        cost_table(meta_supernet(SMALL), SHAPE, load_targets()["rp2040"])
    assert cost_table(meta_supernet(SMALL), SHAPE, load_targets()["rp2040"], "macs").least > 0
