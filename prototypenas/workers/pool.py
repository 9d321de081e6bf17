"""The one contract of all workers: jobs go in, answers come out, in whatever order they are finished.

A kind of workers is plain data (`InProcess`, `LocalProcesses`, `DaskWorkers`). Started with the work, it is a pool. No
result depends on the kind, on how many workers there are, or on which of them dies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from prototypenas.errors import PrototypeNASError, WorkerError
from prototypenas.foreign_code import described
from prototypenas.progress import Progress

if TYPE_CHECKING:
    from prototypenas.plugins import PluginSource

Work = Callable[[Any, Progress], Any]
"""What every worker holds: gets a job and a place to report to, and returns the job's result.

A report of 0 of 0 steps is not drawn: it says what is being done right now, for the message if the worker dies of it.
"""

MEMORY_ERRORS = ("MemoryError", "OutOfMemoryError")
"""Names of Python's and PyTorch's; by name, because a coordinator need not import PyTorch."""


class Cause(Enum):
    """Why a job has no result."""

    RAISED = "raised"
    MEMORY = "memory"
    """It asked for more memory than there is; its worker lives."""
    LOST = "lost"
    """Its worker died, and so did the next one that tried."""
    OVERTIME = "overtime"
    """It gave no sign of life for longer than it may, and its worker was ended."""


@dataclass(frozen=True)
class Failure:
    """Why a job has no result, in one line; the only way in which work fails in any kind of workers."""

    cause: Cause
    reason: str
    error: PrototypeNASError | None = None
    """What the work raised, where it was an error of ours."""


@dataclass(frozen=True)
class Answer:
    """What came of the job that was submitted under `key`."""

    key: str
    result: Any = None
    failure: Failure | None = None

    def unwrapped(self) -> Any:
        """Return the result.

        Raises:
            PrototypeNASError: the job's own error, as it was raised.
            WorkerError: for every other failure.
        """
        if self.failure is None:
            return self.result
        raise self.failure.error or WorkerError(f"{self.key}: {self.failure.reason}")


class Pool(Protocol):
    """Workers that hold the work."""

    def submit(self, key: str, job: Any, *, on_device: bool = True) -> None:
        """Accept a job under a key of its own; `on_device=False` where it does without the GPU others ask for."""

    def finished(self) -> list[Answer]:
        """Wait until at least one of the submitted jobs is finished, and return all that are.

        Raises:
            WorkerError: if no worker is left and none can be started.
        """


class Workers(Protocol):
    """A kind of workers."""

    def start(
        self, work: Work, *, plugins: Sequence[PluginSource], progress: Progress, ahead: int = 1
    ) -> AbstractContextManager[Pool]:
        """Start the workers; leaving the context ends them, whatever they do.

        `plugins` are loaded in every other process before the work, which may refer to what they define. `ahead` is how
        many jobs a worker holds at once: 2 keeps it busy where jobs take milliseconds.

        Raises:
            ConfigurationError: if the workers cannot be had, or the work cannot be sent to them.
        """


def answer_of(work: Work, key: str, job: Any, progress: Progress) -> Answer:
    """Do a job in a process that no error of the work may end."""
    try:
        return Answer(key, work(job, progress))
    except (Exception, SystemExit) as error:  # noqa: BLE001  (whatever it is, it is told where the job came from)
        return Answer(key, failure=failure_of(error))


def failure_of(error: BaseException) -> Failure:
    """Say in one line what was raised, and where."""
    if isinstance(error, PrototypeNASError):
        ours = type(error).__module__ == PrototypeNASError.__module__
        return Failure(Cause.RAISED, str(error), error if ours else PrototypeNASError(str(error)))
    if type(error).__name__ in MEMORY_ERRORS:
        return Failure(Cause.MEMORY, "it needs more memory than there is")
    return Failure(Cause.RAISED, described(error))
