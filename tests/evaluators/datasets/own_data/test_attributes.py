import numpy as np
import pytest

from evaluators.datasets.own_data.attributes import LEAST_ROWS, are_attributes

RNG = np.random.default_rng(0)
STEPS = np.cumsum(RNG.normal(size=(50, 12)), axis=1).astype(np.float32)
MIXED = (RNG.normal(size=(50, 4)) * [1, 1000, 0.01, 30]).astype(np.float32)


def test_steps_follow_each_other_and_attributes_do_not():
    assert not are_attributes(STEPS)
    assert are_attributes(MIXED)


@pytest.mark.parametrize("values", [MIXED[: LEAST_ROWS - 1], MIXED[:, :1], np.ones((50, 4), np.float32)])
def test_too_little_says_nothing(values):
    assert not are_attributes(values)


def test_gaps_are_left_out():
    gappy = MIXED.copy()
    gappy[::3, 1] = np.nan
    assert are_attributes(gappy)
