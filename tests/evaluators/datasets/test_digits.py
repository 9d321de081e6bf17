import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from evaluators.datasets.digits import Digits
from prototypenas.errors import ConfigurationError


def test_all_digits_are_there_once_in_a_fixed_stratified_split():
    data = Digits().load()
    assert len(data.train) + len(data.test) == 1797
    assert data.input_shape == (1, 32, 32)
    counts = np.bincount(load_digits().target)
    assert torch.bincount(data.test.targets).tolist() == [round(0.2 * count) for count in counts]
    assert Digits().load().digest() == data.digest()


def test_enlarged_digits_still_show_the_embedded_pixels():
    data = Digits().load()
    shrunk = torch.nn.functional.avg_pool2d(data.train.inputs.float(), 4)[:, 0] * 16 / 255
    original = torch.as_tensor(load_digits().images, dtype=torch.float32)
    distances = torch.cdist(shrunk.flatten(1)[:20], original.flatten(1))
    labels = torch.as_tensor(load_digits().target)[distances.argmin(dim=1)]
    assert torch.equal(labels, data.train.targets[:20])


def test_another_size_is_possible_and_colour_is_not():
    assert Digits().load(input_shape=(1, 16, 16)).train.inputs.shape[1:] == (1, 16, 16)
    with pytest.raises(ConfigurationError, match="1xHxW"):
        Digits().load(input_shape=(3, 32, 32))
