"""Trains the chosen models independently: one after the other, or side by side in local processes."""

import multiprocessing
import os
import queue
import signal
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from typing import Any, Protocol, TypeVar

from prototypenas.errors import ConfigurationError, PrototypeNASError, TrainingError
from prototypenas.plugins import PluginSource
from prototypenas.progress import Progress
from prototypenas.workers.parcels import Parcel, packed

T = TypeVar("T")

POLL_SECONDS = 1.0
"""How soon a process that was killed is noticed."""


class TrainingPool(Protocol):
    """Where trainings run; no result depends on it."""

    def train_all(
        self, jobs: Sequence[Callable[[Progress], T]], *, plugins: Sequence[PluginSource], progress: Progress
    ) -> list[T]:
        """Run all jobs and give their results in order.

        A job is everything that one training needs but the progress it reports to; it pickles. `plugins` are loaded
        in every other process before the jobs, which may refer to what they define.

        Raises:
            TrainingError: if a process dies; as happens when memory runs out.
            PrototypeNASError: whatever the first failing job raised; what others have finished stays on disk.
        """


class Messages(Protocol):
    """A queue between processes."""

    def put(self, item: Any) -> None:
        """Send."""

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Receive."""


@dataclass(frozen=True)
class Update:
    """A state of some job's progress."""

    task: str
    completed: float
    total: float
    note: str


@dataclass(frozen=True)
class Outcome:
    """What came of a job: its result, our error, or any other error as text."""

    result: Any = None
    error: PrototypeNASError | None = None
    trace: str = ""

    def unwrapped(self) -> Any:
        """Give the result.

        Raises:
            PrototypeNASError: the job's own.
            TrainingError: for any other error, with where it happened.
        """
        if self.error is not None:
            raise self.error
        if self.trace:
            raise TrainingError(f"a training failed:\n{self.trace}")
        return self.result


@dataclass(frozen=True)
class Ended:
    """A job's number and its outcome."""

    number: int
    outcome: Outcome


@dataclass(frozen=True)
class ForwardedProgress:
    """Sends progress to the process that draws it."""

    messages: Messages

    def update(self, task: str, completed: float, total: float, note: str = "") -> None:
        """Send one state."""
        self.messages.put(Update(task, completed, total, note))


def outcome_of(work: Callable[[], Any]) -> Outcome:
    """Work in a process that must not end by an error."""
    try:
        return Outcome(work())
    except PrototypeNASError as error:
        return Outcome(error=error)
    except Exception:  # noqa: BLE001  (whatever it is, it is shown where the job was started)
        return Outcome(trace=traceback.format_exc())


@dataclass(frozen=True)
class LocalPool:
    """Local processes, so many at once, which end when this one does; a single one is this process itself."""

    workers: int = 1

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ConfigurationError(f"{self.workers} workers asked for; at least 1 is needed")

    def train_all(
        self, jobs: Sequence[Callable[[Progress], T]], *, plugins: Sequence[PluginSource], progress: Progress
    ) -> list[T]:
        """Run all jobs; a process for each, even where one has just become free."""
        workers = min(self.workers, len(jobs))
        if workers <= 1:
            return [job(progress) for job in jobs]
        # Packed, because a job can only be opened there once the plug-ins that it names are loaded.
        parcels = [packed(job, plugins, what="a training") for job in jobs]
        return _Crew(parcels, workers, progress).work()


class _Crew:
    """One process a job, so many at once."""

    def __init__(self, parcels: Sequence[Parcel], workers: int, progress: Progress) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._messages: Messages = self._context.Queue()
        self._parcels = parcels
        self._workers = workers
        self._progress = progress
        self._running: dict[int, SpawnProcess] = {}
        self._results: dict[int, Any] = {}

    def work(self) -> list[Any]:
        waiting = list(range(len(self._parcels)))
        try:
            while waiting or self._running:
                while waiting and len(self._running) < self._workers:
                    self._start(waiting.pop(0))
                self._listen()
        finally:
            for process in self._running.values():
                process.kill()
                process.join()
        return [self._results[number] for number in range(len(self._parcels))]

    def _start(self, number: int) -> None:
        arguments = (number, self._parcels[number], self._messages)
        process = self._context.Process(target=_work, args=arguments, daemon=True)
        process.start()
        self._running[number] = process

    def _listen(self) -> None:
        dead = [number for number, process in self._running.items() if not process.is_alive()]
        try:
            message = self._messages.get(timeout=POLL_SECONDS)
        except queue.Empty:
            if dead:
                code = self._running[dead[0]].exitcode
                raise TrainingError(f"a training process died with status {code}; is there enough memory?") from None
            return
        if isinstance(message, Update):
            self._progress.update(message.task, message.completed, message.total, message.note)
        else:
            self._ended(message)

    def _ended(self, message: Ended) -> None:
        self._running.pop(message.number).join()
        self._results[message.number] = message.outcome.unwrapped()


def _work(number: int, parcel: Parcel, messages: Messages) -> None:
    # The terminal tells every process of an interrupt; only the coordinator answers it, and ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    outcome = outcome_of(lambda: parcel.open()(ForwardedProgress(messages)))
    messages.put(Ended(number, outcome))


def _end_with_parent() -> None:
    """A training nobody waits for would write into a folder that the next run continues."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
