"""The two published forms of the loss."""

import math

import pytest
import torch

from prototypenas.errors import ConfigurationError
from prototypenas.oneshot.regularisation import Regularisation


def test_both_forms_are_the_published_ones():
    cross_entropy, expected = torch.tensor(2.0), torch.tensor(60.0)
    linear = Regularisation(50.0, weight=0.1)
    assert float(linear.loss(cross_entropy, expected)) == pytest.approx(2.0 + 0.1 * 10 / 50)
    logarithmic = Regularisation(50.0, form="mul#log")
    wanted = 0.2 * 2.0 * (math.log(60) / math.log(50)) ** 0.3
    assert float(logarithmic.loss(cross_entropy, expected)) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"reference": 0.0}, "must be positive"),
        ({"reference": math.nan}, "must be positive"),
        ({"reference": 50.0, "weight": -0.1}, "at least 0"),
        ({"reference": 50.0, "form": "add"}, "form of the loss"),
    ],
)
def test_other_values_are_refused(values, message):
    with pytest.raises(ConfigurationError, match=message):
        Regularisation(**values)


def test_logarithms_that_are_not_positive_are_refused():
    Regularisation(0.5).check_logarithm(0.1)
    Regularisation(2.0, form="mul#log").check_logarithm(1.5)
    with pytest.raises(ConfigurationError, match="mul#log needs costs above 1"):
        Regularisation(2.0, form="mul#log").check_logarithm(0.9)
