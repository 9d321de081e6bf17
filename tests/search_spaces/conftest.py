"""Random configurations, networks by shapes, and torchvision's networks to compare with."""

from collections.abc import Callable, Iterator
from random import Random

import pytest
import torch
from torch import nn

from prototypenas.errors import InvalidConfiguration
from prototypenas.testing import random_configuration
from search_spaces import DETECTION_POOL, IMAGE_POOL, KERNELS, TIME_SERIES_POOL

BASELINES = {**IMAGE_POOL, **TIME_SERIES_POOL, **DETECTION_POOL}


@pytest.fixture
def random_prototypes() -> Callable:
    """Return prototypes of random configurations, invalid ones left out."""

    def draw(name: str, input_shape: tuple[int, ...], count: int, seed: int = 0) -> Iterator:
        random = Random(seed)
        while count:
            configuration = random_configuration(random, name, KERNELS[name])
            try:
                model = BASELINES[name](configuration, input_shape, 10)
            except InvalidConfiguration:
                continue
            count -= 1
            yield model

    return draw


@pytest.fixture
def takes_state_dict() -> Callable:
    """Check that a network gives another's outputs once it has its tensors, in order."""

    def check(ours: nn.Module, theirs: nn.Module, input_shape: tuple[int, ...]) -> None:
        torch.manual_seed(0)
        _randomise_statistics(theirs)
        names, tensors = ours.state_dict(), theirs.state_dict()
        ours.load_state_dict(dict(zip(names, tensors.values(), strict=True)))
        inputs = torch.randn(2, *input_shape)
        with torch.no_grad():
            torch.testing.assert_close(ours.eval()(inputs), theirs.eval()(inputs), rtol=1e-5, atol=1e-5)

    return check


def _randomise_statistics(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)
