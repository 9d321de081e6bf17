import sys

import numpy as np
import pytest

from prototypenas.workers import freed_memory
from prototypenas.workers.freed_memory import give_back_memory


def fragmented() -> list[np.ndarray]:
    """Blocks too small to be given back one by one, every second one freed again."""
    blocks = [np.ones(60_000, dtype=np.uint8) for _ in range(2_000)]
    return blocks[::2]


@pytest.mark.skipif(sys.platform != "linux", reason="wants glibc")
def test_a_large_process_gives_back_what_it_does_not_use(monkeypatch):
    kept = fragmented()
    before = freed_memory._resident_bytes()
    give_back_memory()
    monkeypatch.setattr(freed_memory, "RETAINED_BYTES", 0)
    give_back_memory()
    assert freed_memory._resident_bytes() < before - 30_000_000
    assert all(block.all() for block in kept)
