import pytest

from evaluators.training.pruning_schedule import PruningSchedule
from evaluators.training.training_cost import mean_training_flops
from prototypenas.graph.lowering import lower
from prototypenas.types import Configuration, GroupConfiguration
from search_spaces import IMAGE_POOL

PRUNED = Configuration("mbednet", 1.0, (GroupConfiguration(kernel=3, stride=2, sparsity=0.8),) * 4)


def flops_of(configuration):
    graph = lower(IMAGE_POOL["mbednet"](configuration, (3, 32, 32), 10), (3, 32, 32))
    return 2 * sum(operator.macs(graph.tensors) for operator in graph.operators)


def training_flops(configuration, **options):
    schedule = PruningSchedule(**options)
    return mean_training_flops(configuration, IMAGE_POOL["mbednet"], (3, 32, 32), 10, schedule=schedule, epochs=20)


def test_a_training_costs_between_the_pruned_and_the_full_network():
    full, pruned = flops_of(PRUNED.unpruned()), flops_of(PRUNED)
    assert pruned < training_flops(PRUNED) < full
    assert training_flops(PRUNED, start=0.0, end=0.0) == pruned
    assert training_flops(PRUNED.unpruned()) == full


def test_the_mean_is_over_all_epochs():
    half = PruningSchedule(start=0.5, end=0.5)
    assert half.mean_remaining(10) == pytest.approx(0.5)
    assert PruningSchedule(start=0.0, end=0.0).mean_remaining(7) == 0.0
