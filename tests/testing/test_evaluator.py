"""The check of an evaluator notices each broken promise of its probe and its test data."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from prototypenas.testing.evaluator import _check_probe, _check_test_batches
from prototypenas.types import Batch, Probe


@dataclass
class Small:
    """Keeps the contract, but for one fault."""

    fault: str = ""
    input_shape = (1, 4, 4)
    passes = 0

    def probe(self, *, batch_size, seed):
        generator = torch.Generator().manual_seed(0 if self.fault == "one seed" else seed)
        if self.fault == "no seed":
            generator.seed()
        size = 3 if self.fault == "other size" else batch_size
        inputs = [torch.randn(size, 1, 4, 4, generator=generator) for _ in range(2)]
        sample = torch.zeros(1, 1, 4, 5 if self.fault == "other sample" else 4)
        return Probe(sample, tuple(Batch(one, torch.zeros(size, dtype=torch.long)) for one in inputs))

    def test_batches(self, batch_size):
        self.passes += 1
        values = np.arange(10 * 16, dtype=np.float64 if self.fault == "doubles" else np.float32).reshape(10, 1, 4, 4)
        if self.fault == "any order" and self.passes == 2:
            values = values[::-1]
        if self.fault == "not finite":
            values[3] = np.nan
        step = 20 if self.fault == "all at once" else batch_size
        for start in range(0, 0 if self.fault == "nothing" else 10, step):
            yield np.ascontiguousarray(values[start : start + step])


def test_one_that_keeps_it_passes():
    _check_probe(Small())
    _check_test_batches(Small())


@pytest.mark.parametrize(
    ("fault", "clause"),
    [
        ("one seed", "another seed draws another probe"),
        ("no seed", "the same seed draws the same probe"),
        ("other size", "probe batches have the size asked for"),
        ("other sample", "the probe's sample is one input"),
    ],
)
def test_a_broken_probe_is_named(fault, clause):
    with pytest.raises(AssertionError, match=clause):
        _check_probe(Small(fault))


@pytest.mark.parametrize(
    ("fault", "clause"),
    [
        ("nothing", "there is test data"),
        ("doubles", "test inputs are float32"),
        ("all at once", "test batches have the size asked for"),
        ("not finite", "test inputs are finite"),
        ("any order", "test order is fixed"),
    ],
)
def test_broken_test_data_are_named(fault, clause):
    with pytest.raises(AssertionError, match=clause):
        _check_test_batches(Small(fault))
