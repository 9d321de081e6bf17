"""The contract of every baseline, over random configurations of the whole space."""

from random import Random

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from prototypenas.errors import InvalidConfiguration
from prototypenas.graph.lowering import lower
from prototypenas.testing import check_baseline, random_configuration
from search_spaces import DETECTION_POOL, IMAGE_POOL, KERNELS, REFERENCES, TIME_SERIES_POOL

BASELINES = {**IMAGE_POOL, **TIME_SERIES_POOL, **DETECTION_POOL}
SMALL = {name: (6, 96) if name in TIME_SERIES_POOL else (3, 24, 24) for name in BASELINES}


def test_every_baseline_has_kernels_and_a_reference():
    assert set(KERNELS) == set(REFERENCES) == set(BASELINES)
    for name, configuration in REFERENCES.items():
        assert configuration.architecture == name
        assert {group.kernel for group in configuration.groups} <= set(KERNELS[name])


@pytest.mark.parametrize("name", BASELINES)
def test_baseline_keeps_its_contract(name):
    check_baseline(name, BASELINES[name], KERNELS[name], input_shape=SMALL[name], samples=3, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", BASELINES)
def test_baseline_keeps_its_contract_at_200_configurations(name):
    check_baseline(name, BASELINES[name], KERNELS[name], input_shape=SMALL[name], samples=200, seed=2)


@pytest.mark.parametrize("name", ["mbednet", "mobilenet_v2"])
def test_grey_images_build_as_well(name):
    check_baseline(name, BASELINES[name], KERNELS[name], input_shape=(1, 32, 32), samples=2, seed=3)


@pytest.mark.parametrize("name", TIME_SERIES_POOL)
@pytest.mark.parametrize("input_shape", [(1, 77), (24, 200)])
def test_series_of_any_channels_and_length_build(name, input_shape):
    check_baseline(name, BASELINES[name], KERNELS[name], input_shape=input_shape, samples=2, seed=4)


@pytest.mark.parametrize("side", [32, 128])
@pytest.mark.parametrize("name", [*IMAGE_POOL, *DETECTION_POOL])
def test_random_sampling_rarely_meets_an_invalid_configuration(name, side):
    random, refused, draws = Random(0), 0, 25
    with torch.device("meta"):
        for _ in range(draws):
            try:
                BASELINES[name](random_configuration(random, name, KERNELS[name]), (3, side, side), 10)
            except InvalidConfiguration as error:
                assert "group" in str(error) or "stem" in str(error)
                refused += 1
    assert refused < (0.2 if side == 128 else 0.3) * draws


@pytest.mark.parametrize("name", BASELINES)
def test_cost_from_shapes_equals_a_real_run(name, random_prototypes):
    _check_cost(name, random_prototypes(name, SMALL[name], 1, seed=5))


@pytest.mark.slow
@pytest.mark.parametrize("name", BASELINES)
def test_cost_from_shapes_equals_a_real_run_at_50_configurations(name, random_prototypes):
    _check_cost(name, random_prototypes(name, SMALL[name], 50, seed=6))


def _check_cost(name, models):
    for model in models:
        with torch.device("meta"):
            shapes = lower(BASELINES[name](model.configuration, model.input_shape, 10), model.input_shape)
        assert shapes.digest() == lower(model.eval(), model.input_shape).digest()
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(torch.zeros(1, *model.input_shape))
        assert 2 * sum(operator.macs(shapes.tensors) for operator in shapes.operators) == counter.get_total_flops()
