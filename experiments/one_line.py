"""End a script with one line on stderr where a user's value, data or disk is at fault."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from prototypenas.errors import PrototypeNASError


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Turn our errors into one line and exit code 2, an interrupt into exit code 130."""
    try:
        yield
    except PrototypeNASError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from error
    except KeyboardInterrupt as error:
        print("interrupted; the same command continues", file=sys.stderr)
        raise SystemExit(130) from error
