"""One process at a time changes a run directory."""

import fcntl
import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from prototypenas.errors import RunDirectoryError

LOCK = "run.lock"
"""Name of the file in a run directory; it is there while a process works, and says which."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run directory; the system lets go of it when the process ends, however it ends.

    A file that a killed process left behind is not locked, so it is taken over.

    Raises:
        RunDirectoryError: if another process holds it; the message says which one, where and since when.
    """
    path = folder / LOCK
    stream = _acquired(path)
    try:
        holder = {
            "process": os.getpid(),
            "host": platform.node(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": " ".join(Path(word).name if place == 0 else word for place, word in enumerate(sys.argv)),
        }
        stream.seek(0)
        stream.truncate()
        stream.write(json.dumps(holder).encode())
        stream.flush()
        yield
    finally:
        path.unlink(missing_ok=True)
        stream.close()


def _acquired(path: Path) -> BinaryIO:
    while True:
        try:
            stream = path.open("a+b")
        except OSError as error:
            raise RunDirectoryError(f"cannot write {path}: {error.strerror}") from error
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            stream.seek(0)
            holder = _described(stream.read())
            stream.close()
            raise RunDirectoryError(f"{path.parent} is in use by {holder}; wait for it, or end it") from error
        if _is_file(path, stream):
            return stream
        stream.close()  # its holder removed it between our opening and our locking


def _is_file(path: Path, stream: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False


def _described(content: bytes) -> str:
    try:
        holder = json.loads(content)
        return f"process {holder['process']} on {holder['host']} since {holder['since']} ({holder['command']})"
    except (ValueError, KeyError, TypeError):
        return "a process that has just begun"
