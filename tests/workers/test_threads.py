from functools import partial
from threading import Barrier

import pytest
import torch

from prototypenas.workers.threads import computing_threads, in_threads


def test_the_threads_are_as_asked_in_the_block_and_as_before_behind_it():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with pytest.raises(KeyError), computing_threads(1):
            assert torch.get_num_threads() == 1
            raise KeyError
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_jobs_run_side_by_side_on_one_thread_each_and_keep_their_order():
    both = Barrier(2, timeout=20)

    def job(number):
        both.wait()  # ends only where two jobs run at once
        return number, torch.get_num_threads()

    before = torch.get_num_threads()
    assert list(in_threads([partial(job, 0), partial(job, 1), partial(job, 2), partial(job, 3)], at_once=2)) == [
        (number, 1) for number in range(4)
    ]
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_no_job_begins_after_one_that_failed(error):
    begun = []

    def failing():
        raise error

    with pytest.raises(error):
        list(in_threads([failing, *[partial(begun.append, number) for number in range(1000)]], at_once=1))
    assert len(begun) < 1000
