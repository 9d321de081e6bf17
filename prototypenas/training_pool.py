"""Trains the chosen models independently: one after the other, or side by side in local processes."""

import multiprocessing
import os
import pickle
import queue
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from typing import Any, Protocol

import torch

from prototypenas.errors import ConfigurationError, PrototypeNASError, TrainingError
from prototypenas.progress import Progress
from prototypenas.types import Evaluation

TrainingJob = Callable[[Progress], Evaluation]
"""Everything one training needs but the progress it reports to; picklable."""

POLL_SECONDS = 1.0
"""How soon a process that was killed is noticed."""


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
class Ended:
    """What came of a job: its evaluation, our error, or any other error as text."""

    number: int
    result: Evaluation | PrototypeNASError | str


@dataclass(frozen=True)
class ForwardedProgress:
    """Sends progress to the process that draws it."""

    messages: Messages

    def update(self, task: str, completed: float, total: float, note: str = "") -> None:
        """Send one state."""
        self.messages.put(Update(task, completed, total, note))


def train_all(
    jobs: Sequence[TrainingJob],
    *,
    workers: int,
    progress: Progress,
    initializer: Callable[[], None] | None = None,
) -> list[Evaluation]:
    """Run all jobs, so many at once, and give their evaluations in order; one worker trains in this process.

    The cores are shared out evenly: each process computes with `cores / workers` threads, and ends when this one does.
    `initializer` runs first in every process, to load plug-ins that the jobs name.

    Raises:
        ConfigurationError: if `workers` is below 1.
        TrainingError: if a process dies; as happens when memory runs out.
        PrototypeNASError: whatever the first failing job raised; jobs already finished keep their results on disk.
    """
    if workers < 1:
        raise ConfigurationError(f"{workers} workers asked for; at least 1 is needed")
    workers = min(workers, len(jobs))
    if workers <= 1:
        return [job(progress) for job in jobs]
    return _Crew(jobs, workers, progress, initializer).work()


class _Crew:
    """One process a job, so many at once."""

    def __init__(
        self, jobs: Sequence[TrainingJob], workers: int, progress: Progress, initializer: Callable[[], None] | None
    ) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._messages: Messages = self._context.Queue()
        self._jobs = jobs
        self._workers = workers
        self._progress = progress
        self._initializer = initializer
        self._running: dict[int, SpawnProcess] = {}
        self._results: dict[int, Evaluation] = {}

    def work(self) -> list[Evaluation]:
        waiting = list(range(len(self._jobs)))
        try:
            while waiting or self._running:
                while waiting and len(self._running) < self._workers:
                    self._start(waiting.pop(0))
                self._listen()
        finally:
            for process in self._running.values():
                process.kill()
                process.join()
        return [self._results[number] for number in range(len(self._jobs))]

    def _start(self, number: int) -> None:
        threads = max(1, multiprocessing.cpu_count() // self._workers)
        # Packed, because it can only be opened there once the plug-ins that it names are loaded.
        packed = pickle.dumps(self._jobs[number])
        arguments = (number, packed, self._messages, threads, self._initializer)
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
        if isinstance(message.result, PrototypeNASError):
            raise message.result
        if isinstance(message.result, str):
            raise TrainingError(f"a training failed:\n{message.result}")
        self._results[message.number] = message.result


def _work(number: int, packed: bytes, messages: Messages, threads: int, initializer: Callable[[], None] | None) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(threads)
    result: Evaluation | PrototypeNASError | str
    try:
        if initializer is not None:
            initializer()
        job: TrainingJob = pickle.loads(packed)
        result = job(ForwardedProgress(messages))
    except PrototypeNASError as error:
        result = error
    except Exception:  # noqa: BLE001  (whatever it is, it is shown where the job was started)
        result = traceback.format_exc()
    messages.put(Ended(number, result))


def _end_with_parent() -> None:
    """A training nobody waits for would write into a folder that the next run continues."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
