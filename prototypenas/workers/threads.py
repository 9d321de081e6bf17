"""How many threads compute: the last bits of a sum depend on it, so every result names its number."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

T = TypeVar("T")


@contextmanager
def computing_threads(count: int) -> Iterator[None]:
    """Compute on `count` threads for the time of the block, whatever the machine has."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def in_threads(jobs: Sequence[Callable[[], T]], *, at_once: int) -> Iterator[T]:
    """Do all jobs, so many at once and each on one thread, and yield their results in order.

    For work that mostly waits for other programs or computes in PyTorch, where a few large jobs side by side take
    less than one after the other on many threads, which wait for each other in every operation. The first job that
    fails, in order, raises its error here; then, and after an interrupt, no further job begins.
    """
    pool, wait = ThreadPoolExecutor(max(1, min(len(jobs), at_once))), True
    with computing_threads(1):
        try:
            for job in [pool.submit(job) for job in jobs]:
                yield job.result()
        except KeyboardInterrupt:
            wait = False  # the user hears at once; what has begun ends by itself
            raise
        finally:
            pool.shutdown(wait=wait, cancel_futures=True)
