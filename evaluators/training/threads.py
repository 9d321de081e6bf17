"""How many threads compute."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread for the time of the block.

    Small tensors are not worth a second one, and where other processes keep the cores busy, each step would wait for
    it: augmenting CIFAR was ten times slower so.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
