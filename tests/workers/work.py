"""Work for pools under test, as a plain module that workers import."""

import os
import signal
import sys
import time
from pathlib import Path

from prototypenas.errors import ProxyError, TrainingError


def told(job, progress):
    """Report, and give the job back; `scar` makes what happens once happen once."""
    kind, *rest = job
    if kind == "sleep":
        time.sleep(rest[0])
    elif kind == "die":
        progress.update("its last proxy", 0, 0)
        os.kill(os.getpid(), rest[0] if rest else signal.SIGKILL)
    elif kind == "die once":
        scar = Path(rest[0])
        if not scar.exists():
            scar.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    elif kind == "hang":
        progress.update("a slow proxy", 0, 0)
        time.sleep(1000)
    else:
        return _odd(kind, progress, rest)
    return job


def _odd(kind, progress, rest):
    if kind == "ours":
        raise TrainingError("the loss is NaN in epoch 3")
    if kind == "theirs":
        raise ZeroDivisionError("integer division\nby zero")
    if kind == "own error":
        raise type("OddError", (ProxyError,), {})("an error class of their own")
    if kind == "leave":
        os._exit(3)
    if kind == "exit":
        sys.exit(0)
    if kind == "memory":
        raise MemoryError
    if kind == "unpicklable":
        return lambda: None
    if kind == "report":
        progress.update("models", 1, 2, "half")
        progress.update("not drawn", 0, 0)
    return kind, os.getpid()
