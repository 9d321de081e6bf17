import pytest
import torch

from prototypenas.workers.threads import computing_threads


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
