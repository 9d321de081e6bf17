"""Lists of blocks as networks that can be trained: the published ones, and what is refused."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from evaluators.classification import classification_evaluator
from evaluators.datasets.digits import Digits
from evaluators.training.recipe import Recipe
from prototypenas.errors import InvalidConfiguration
from prototypenas.graph.lowering import lower
from prototypenas.testing.evaluator import check_evaluator
from prototypenas.types import Candidate
from search_spaces import PUBLISHED
from search_spaces.fixed_network import FixedNetwork
from search_spaces.published import MBConv, MobileNetwork

TABLES = {name: one.table for name, one in PUBLISHED.items() if one.table is not None}
ROWS = (MBConv(3, 3, 8), MBConv(3, 3, 8, 2), MBConv(5, 3, 8), MBConv(3, 3, 12, 2), MBConv(3, 3, 16, 2))
SMALL = MobileNetwork((8, 4), ROWS, mix=24)


@pytest.mark.parametrize("name", TABLES)
def test_published_tables_are_the_published_networks(name):
    published = PUBLISHED[name]
    fixed = FixedNetwork(name, TABLES[name])
    with torch.device("meta"):
        graphs = [
            lower(network, published.input_shape)
            for network in (published.build(1000), fixed(fixed.configuration, published.input_shape, 1000))
        ]
    for cost in (
        lambda graph: sum(operator.macs(graph.tensors) for operator in graph.operators),
        lambda graph: sum(operator.weight_bytes() for operator in graph.operators),
        lambda graph: Counter(type(operator).__name__ for operator in graph.operators),
    ):
        assert cost(graphs[0]) == cost(graphs[1])
    assert sum(operator.macs(graphs[1].tensors) for operator in graphs[1].operators) == published.macs


def test_no_row_is_lost_and_groups_begin_where_maps_are_halved():
    fixed = FixedNetwork("small", SMALL)
    assert [len(rows) for rows in fixed.groups] == [1, 2, 1, 1]
    network = fixed(fixed.configuration, (1, 8, 8), 10)
    assert [len(group) for group in network.groups] == [1, 2, 1, 1] and network.dimensions == ()
    assert network(torch.randn(2, 1, 8, 8)).shape == (2, 10)


def test_any_other_configuration_and_other_groups_are_refused():
    fixed = FixedNetwork("small", SMALL)
    own = fixed.configuration
    for other in (
        replace(own, width=0.5),
        replace(own, groups=(*own.groups[:3], replace(own.groups[3], depth=2))),
        replace(own, groups=(*own.groups[:3], replace(own.groups[3], sparsity=0.1))),
    ):
        with pytest.raises(InvalidConfiguration, match="small is one network"):
            fixed(other, (1, 8, 8), 10)
    short = FixedNetwork("short", replace(SMALL, rows=ROWS[:-1]))
    with pytest.raises(InvalidConfiguration, match=r"make groups of \(1, 2, 1\) by their strides"):
        short(own, (1, 8, 8), 10)


def test_groups_may_be_given_where_strides_do_not_tell_them():
    flat = replace(SMALL, rows=[replace(row, stride=1) for row in ROWS], stem_stride=1)
    given = FixedNetwork("flat", flat, depths=(1, 2, 1, 1))
    network = given(given.configuration, (1, 8, 8), 10)
    assert [len(group) for group in network.groups] == [1, 2, 1, 1]
    assert network.stem(torch.randn(2, 1, 8, 8)).shape == (2, 4, 8, 8)
    for depths in ((1, 2, 2, 0), (2, 2, 2, 1), (5,)):
        with pytest.raises(InvalidConfiguration, match="by their depths"):
            FixedNetwork("flat", flat, depths=depths).configuration  # noqa: B018


def test_it_is_trained_quantized_and_tested_like_any_architecture(tmp_path):
    data = Digits().load()
    few = replace(data, train=data.train.at(np.arange(96)), test=data.test.at(np.arange(32)))
    evaluator = replace(classification_evaluator(few), recipe=Recipe(epochs=1, batch_size=32))
    fixed = FixedNetwork("small", SMALL)
    candidate = Candidate(0, fixed.configuration)
    found = check_evaluator(evaluator, candidate, fixed, directory=tmp_path / "model")
    assert (found.metric, found.test_samples) == ("accuracy", 32)
