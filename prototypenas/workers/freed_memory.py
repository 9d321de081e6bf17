"""What freed tensors leave with the C library, given back to the operating system."""

import ctypes
import os
import sys
from functools import lru_cache
from pathlib import Path

RETAINED_BYTES = 2**30
"""Size of a process above which it gives back what it can: taking memory anew costs time, so not after every job."""


def give_back_memory() -> None:
    """Shrink this process if it is large.

    glibc keeps what is freed for the next request. After candidates of many shapes it keeps about twice what the
    largest of them needs. Other C libraries are left alone.
    """
    library = _glibc()
    if library is not None and _resident_bytes() > RETAINED_BYTES:
        library.malloc_trim(0)


@lru_cache(maxsize=1)
def _glibc() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "malloc_trim") else None


def _resident_bytes() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
