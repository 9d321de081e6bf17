"""What every task knows from its data alone."""

from dataclasses import dataclass

import pytest
import torch

from evaluators.data_task import DataTask
from evaluators.datasets.samples import Samples


@dataclass(frozen=True)
class Numbers:
    """Training samples that are their own place, and test samples that are none."""

    train: Samples
    test: Samples
    name: str = "numbers"
    input_shape: tuple[int, ...] = (1, 1, 1)
    num_classes: int = 2


def task(count):
    places = torch.arange(count)
    test = torch.full((4,), -1)
    return DataTask(Numbers(Samples(places.view(-1, 1, 1, 1), places % 2), Samples(test.view(-1, 1, 1, 1), test)))


def places_of(count, batch_size, seed):
    lone, batches = task(count).drawn(batch_size, seed)
    assert [len(part) for part in (lone, *batches)] == [1, batch_size, batch_size]
    return torch.cat([part.inputs.flatten() for part in (*batches, lone)]).tolist()


@pytest.mark.parametrize("count", [33, 40, 1000])
def test_no_sample_is_drawn_twice_where_there_are_enough(count):
    for seed in range(20):
        drawn = places_of(count, 16, seed)
        assert len(set(drawn)) == 33 and min(drawn) >= 0 and max(drawn) < count


def test_few_samples_are_drawn_again_and_never_from_the_test_part():
    drawn = places_of(5, 16, 0)
    assert len(drawn) == 33 and set(drawn) <= set(range(5))


def test_a_seed_draws_the_same_again_and_another_does_not():
    assert places_of(100, 8, 3) == places_of(100, 8, 3) != places_of(100, 8, 4)


def test_the_task_is_described_by_its_data():
    found = task(9)
    assert (found.name, found.input_shape, found.num_classes) == ("numbers", (1, 1, 1), 2)
    assert (len(found.train), len(found.test)) == (9, 4)
