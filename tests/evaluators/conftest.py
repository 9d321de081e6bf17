from dataclasses import replace

import pytest
import torch

from evaluators.datasets.digits import Digits
from evaluators.datasets.samples import ClassificationData
from evaluators.training.recipe import Recipe
from prototypenas.types import Candidate, Configuration, GroupConfiguration


@pytest.fixture(scope="session")
def few_digits() -> ClassificationData:
    """320 training and 90 test images of the real digits at 1x16x16."""
    data = Digits().load(input_shape=(1, 16, 16))
    return replace(data, train=data.train.at(torch.arange(320)), test=data.test.at(torch.arange(90)))


@pytest.fixture
def tiny_configuration() -> Configuration:
    """A few thousand parameters, every second channel pruned."""
    group = GroupConfiguration(depth=1, kernel=3, stride=1, sparsity=0.5)
    return Configuration("mbednet", 0.2, (replace(group, depth=2), group, group, group))


@pytest.fixture
def tiny_candidate(tiny_configuration: Configuration) -> Candidate:
    return Candidate(3, tiny_configuration)


@pytest.fixture
def quick_recipe() -> Recipe:
    return Recipe(epochs=4, batch_size=64, validation_share=0.2)
