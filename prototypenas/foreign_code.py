"""Calling what others wrote: whatever it does becomes an error of ours that names it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb

from prototypenas.errors import PrototypeNASError


@contextmanager
def foreign_code(kind: type[PrototypeNASError], name: str = "") -> Iterator[None]:
    """Raise `kind`, with the reason and the line, for whatever the block raises; a call of `sys.exit` too.

    Our own errors, an interrupt and a lack of memory stay what they are.
    """
    try:
        yield
    except (PrototypeNASError, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        if type(error).__name__ == "OutOfMemoryError":
            raise
        raise kind(f"{name}{described(error)}") from error


def described(error: BaseException) -> str:
    """Say in one line what was raised, and where."""
    frames = extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno}, in {frames[-1].name})" if frames else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{place}"
