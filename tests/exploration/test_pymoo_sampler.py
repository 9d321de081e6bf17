"""pymoo behind the same interface."""

import importlib.util

import numpy as np
import pytest

from prototypenas.errors import ConfigurationError
from prototypenas.exploration import pymoo_sampler
from prototypenas.exploration.pymoo_sampler import PymooSampler, _plain, _unsga3
from prototypenas.testing.stub_task import StubTask

TASK = StubTask()


def test_there_are_more_reference_directions_than_the_population_by_one_partition_at_most():
    for objectives, population in ((2, 20), (5, 50), (5, 200)):
        count = len(_unsga3(objectives, population).ref_dirs)
        fewer = len(_unsga3(objectives, count - 1).ref_dirs) if count > objectives else 0
        assert count > population or fewer <= count


def test_suggestions_come_before_its_own_and_only_once(space):
    sampler = PymooSampler("pymoo-ga", space, goals=TASK.goals, population=4, seed=0)
    other = PymooSampler("pymoo-ga", space, goals=TASK.goals, population=4, seed=9).ask(2)
    sampler.suggest(other)
    assert sampler.ask(4)[:2] == other


def test_numpy_numbers_become_plain_ones():
    found = _plain({"a": np.float64(0.5), "b": np.int64(3), "c": "mbednet"})
    assert [type(value) for value in found.values()] == [float, int, str]


def test_a_missing_library_is_named_with_its_extra(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"prototypenas\[numba\]"):
        pymoo_sampler.PYMOO_ALGORITHMS["pymoo-agemoea2"](2, 10)
