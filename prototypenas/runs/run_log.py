"""`run.log`: every step that was done on a run directory, and every warning, with its time."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOG_FILE = "run.log"
"""Name of the file in a run directory; it only grows."""

ROOT = "prototypenas"
"""Logger above all of ours."""

WARNINGS = "py.warnings"
"""Where Python's warnings arrive while they are captured."""


@contextmanager
def kept_log(folder: Path) -> Iterator[None]:
    """Append what is logged in the block, warnings of Python and the error that ends the block, to `run.log`.

    A log that cannot be written any more never ends the work: what the work itself writes will say so.
    """
    handler = _Appending(folder / LOG_FILE, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    loggers = (logging.getLogger(ROOT), logging.getLogger(WARNINGS))
    ours, level = loggers[0], loggers[0].level
    ours.setLevel(logging.INFO)
    for logger in loggers:
        logger.addHandler(handler)
    logging.captureWarnings(True)
    try:
        yield
    except BaseException as error:
        ours.error("ended by %s: %s", type(error).__name__, error)
        raise
    finally:
        logging.captureWarnings(False)
        for logger in loggers:
            logger.removeHandler(handler)
        ours.setLevel(level)
        handler.close()


class _Appending(logging.FileHandler):
    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; a disk that is full or gone is told by whatever else fails for it."""
        with suppress(OSError):
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (the name that logging calls)
        """Print no traceback, for the same reason."""
