import threading

import pytest
import torch
from torch import nn

from prototypenas.graph.module_places import Place, in_evaluation, places_in, watched_calls


@pytest.fixture
def network():
    shared = nn.ReLU()
    return nn.Sequential(nn.Conv2d(1, 2, 1), shared, nn.Sequential(nn.BatchNorm2d(2), shared))


def test_a_module_is_where_it_stands_first(network):
    places = places_in(network)
    assert places[id(network)] == Place("", "Sequential", leaf=False)
    assert places[id(network[0])] == Place("0", "Conv2d", leaf=True)
    assert places[id(network[2][0])] == Place("2.0", "BatchNorm2d", leaf=True)
    assert places[id(network[1])].path in ("1", "2.1") and len(places) == 5


@pytest.mark.parametrize("fails", [False, True])
def test_training_is_taken_up_again_where_it_was(network, fails):
    network[2].eval()
    before = [module.training for module in network.modules()]
    try:
        with in_evaluation(network):
            assert not any(module.training for module in network.modules())
            if fails:
                raise ValueError
    except ValueError:
        assert fails
    assert [module.training for module in network.modules()] == before


def test_calls_of_this_thread_are_told_in_order_and_others_are_not(network):
    told = []
    with watched_calls(lambda module: told.append(type(module).__name__), lambda: told.append("left")):
        other = threading.Thread(target=network, args=(torch.zeros(2, 1, 4, 4),))
        other.start()
        other.join()
        assert told == []
        network[2](torch.zeros(2, 2, 4, 4))
    assert told == ["Sequential", "BatchNorm2d", "left", "ReLU", "left", "left"]
    network(torch.zeros(2, 1, 4, 4))
    assert len(told) == 6
