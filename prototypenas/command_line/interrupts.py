"""Ctrl-C at any time: one line, exit code 130, and nothing lost, because everything finished is on disk already."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
"""Exit code of a program that an interrupt ended, as shells give it."""

MESSAGE = "interrupted; the same command continues"

SHOW_CURSOR = "\x1b[?25h"
"""Progress bars hide it."""


def end_at_once(number: int = signal.SIGINT, frame: FrameType | None = None) -> None:
    """End this process in the middle of whatever it does: an import, or the end of a work that was interrupted."""
    shown = SHOW_CURSOR if sys.stderr.isatty() else ""
    os.write(2, f"{shown}{MESSAGE}\n".encode())
    os._exit(INTERRUPTED)


@contextmanager
def orderly_interrupts() -> Iterator[None]:
    """Let the first interrupt in the block raise `KeyboardInterrupt`, and a second one end the process at once."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread hears of interrupts
        return
    before = signal.signal(signal.SIGINT, _raise_once)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _raise_once(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, end_at_once)
    raise KeyboardInterrupt
