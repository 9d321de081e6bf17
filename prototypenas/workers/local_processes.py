"""Local worker processes, which may die at any moment without harm.

A pool of our own, because `concurrent.futures` gives up the whole pool when one worker dies and does not tell whose job
it was. Processes of our own, because `multiprocessing` runs a script without a main guard again in every worker, waits
for ever when a process dies that has not yet read what it was started with, and starts none from Dask's.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from time import monotonic
from typing import TYPE_CHECKING, Any

from prototypenas.errors import ConfigurationError, WorkerError
from prototypenas.progress import Progress
from prototypenas.workers.in_process import Drawn
from prototypenas.workers.parcels import WORKER_MARK, packed
from prototypenas.workers.pool import Answer, Cause, Failure, Pool, Work
from prototypenas.workers.worker_process import Ready, Report

if TYPE_CHECKING:
    from prototypenas.plugins import PluginSource

LOST_WORKERS_PER_JOB = 2
"""A job whose worker dies this often is given up; once may be the machine's fault."""

FAILED_STARTS = 3
"""After so many workers in a row that died before they were ready, no more are started."""

START_SECONDS = 300.0
"""A worker that is not ready by then has failed; importing PyTorch on a busy machine takes a tenth of it."""

END_SECONDS = 5.0
"""How long the end of a killed process is waited for."""

ENVIRONMENT: Mapping[str, str] = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    WORKER_MARK: "1",
}
"""Of every worker; one that computes on more threads asks PyTorch for them."""

BOOTSTRAP = "import sys; sys.path[:] = {path!r}; from prototypenas.workers.worker_process import main; main({handle})"


@dataclass(frozen=True)
class LocalProcesses:
    """As many workers as there are cores, or `jobs` of them; they end with the pool, or when this process does."""

    jobs: int | None = None
    patience: float | None = None
    """Seconds for which a job may give no sign of life before its worker is ended; `None` waits for ever."""

    def __post_init__(self) -> None:
        if self.jobs is not None and self.jobs < 1:
            raise ConfigurationError(f"{self.jobs} jobs asked for; at least 1 is needed")
        if self.patience is not None and not self.patience > 0:
            raise ConfigurationError(f"a time limit of {self.patience} seconds; it must be positive")

    @contextmanager
    def start(
        self, work: Work, *, plugins: Sequence[PluginSource], progress: Progress, ahead: int = 1
    ) -> Iterator[Pool]:
        """Pack the work; workers are started when there are jobs for them.

        Raises:
            ConfigurationError: if the work does not pickle.
        """
        parcel = pickle.dumps(packed(work, plugins))
        with local_pool(parcel, self.jobs or available_cores(), progress, ahead=ahead, patience=self.patience) as pool:
            yield pool


@contextmanager
def local_pool(
    parcel: bytes, size: int, progress: Progress, *, ahead: int = 1, patience: float | None = None
) -> Iterator[LocalPool]:
    """Return a pool whose workers open this pickled parcel."""
    pool = LocalPool(parcel, size, progress, ahead=ahead, patience=patience)
    try:
        yield pool
    finally:
        pool.close()


def available_cores() -> int:
    """Count the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class _Job:
    key: str
    pickled: bytes


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    connection: Connection[object, object]
    jobs: deque[_Job] = field(default_factory=deque)
    """Sent and unanswered; the first is at work."""
    ready: bool = False
    doing: str = ""
    """What it last said of the job at work."""
    heard: float = field(default_factory=monotonic)
    """When it last gave a sign of life, or was given work while it had none."""


class LocalPool:
    """The workers of one pool. No call waits for a single worker, so none can hold up the others."""

    def __init__(self, parcel: bytes, size: int, progress: Progress, *, ahead: int, patience: float | None) -> None:
        self._parcel = parcel
        self._size = size
        self._progress = Drawn(progress)
        self._ahead = ahead
        self._patience = patience
        self._waiting: deque[_Job] = deque()
        self._deaths: Counter[str] = Counter()
        self._failed_starts = 0
        self._workers: list[_Worker] = []

    def submit(self, key: str, job: Any, *, on_device: bool = True) -> None:
        """Accept a job."""
        self._waiting.append(_Job(key, pickle.dumps((key, job))))
        self._hand_out()

    def finished(self) -> list[Answer]:
        """Wait until at least one job is finished, and return all that are.

        Raises:
            WorkerError: if no worker is left and none can be started.
        """
        while True:
            done = self.finished_within(60.0)
            if done:
                return done

    def finished_within(self, seconds: float) -> list[Answer]:
        """Return the jobs that are finished after a wait of so many seconds at most; none is possible."""
        end = monotonic() + seconds
        done: list[Answer] = []
        while not done and (left := end - monotonic()) > 0:
            places: dict[Any, _Worker] = {worker.connection: worker for worker in self._workers}
            for connection in wait(list(places), min(left, self._soonest())):
                done += self._receive(places[connection])
            done += self._end_overdue()
            self._hand_out()
        return done

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            _end(worker)

    def _hand_out(self) -> None:
        """Fill every ready worker up to one job, then further, so that the last jobs spread evenly; start more."""
        for depth in range(1, self._ahead + 1):
            for worker in self._workers:
                if self._waiting and worker.ready and len(worker.jobs) < depth:
                    self._send(worker, self._waiting.popleft())
        starting = sum(not worker.ready for worker in self._workers)
        for _ in range(min(self._size - len(self._workers), len(self._waiting) - starting)):
            self._workers.append(_started(self._parcel))

    def _send(self, worker: _Worker, job: _Job) -> None:
        if not worker.jobs:
            worker.heard, worker.doing = monotonic(), ""
        worker.jobs.append(job)
        # If it is dead, that is seen, and the job given to another, when it is next listened to.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            worker.connection.send_bytes(job.pickled)

    def _receive(self, worker: _Worker) -> list[Answer]:
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            return self._bury(worker)
        worker.heard = monotonic()
        if isinstance(message, Report):
            worker.doing = message.task
            self._progress.update(message.task, message.completed, message.total, message.note)
        elif isinstance(message, Ready):
            worker.ready, self._failed_starts = True, 0
        elif isinstance(message, Failure):
            raise message.error or WorkerError(f"a worker cannot begin: {message.reason}")
        elif isinstance(message, Answer):
            worker.jobs.popleft()
            worker.doing = ""
            return [message]
        return []

    def _bury(self, worker: _Worker) -> list[Answer]:
        """Take a dead worker away; what it had goes to others, unless it was the job that kills."""
        self._workers.remove(worker)
        how = _end(worker)
        if not worker.ready:
            self._count_failed_start(how)
        if not worker.jobs:
            return []
        suspect = worker.jobs.popleft()
        self._waiting.extendleft(reversed(worker.jobs))
        self._deaths[suspect.key] += 1
        if self._deaths[suspect.key] < LOST_WORKERS_PER_JOB:
            self._waiting.appendleft(suspect)
            return []
        reason = f"its worker died {LOST_WORKERS_PER_JOB} times{_during(worker)} ({how})"
        return [Answer(suspect.key, failure=Failure(Cause.LOST, reason))]

    def _count_failed_start(self, how: str) -> None:
        self._failed_starts += 1
        if self._failed_starts < FAILED_STARTS:
            return
        if not any(worker.ready for worker in self._workers):
            raise WorkerError(f"{FAILED_STARTS} worker processes ended before they were ready ({how})")
        self._size, self._failed_starts = self._size - 1, 0

    def _end_overdue(self) -> list[Answer]:
        overdue = [worker for worker in self._workers if self._left(worker) <= 0]
        answers = []
        for worker in overdue:
            worker.process.kill()
            if worker.ready:
                self._workers.remove(worker)
                _end(worker)
                job = worker.jobs.popleft()
                self._waiting.extendleft(reversed(worker.jobs))
                reason = f"no sign of life for {self._patience:g} seconds{_during(worker)}"
                answers.append(Answer(job.key, failure=Failure(Cause.OVERTIME, reason)))
        return answers

    def _soonest(self) -> float:
        """Return the seconds until a worker can be overdue."""
        return max(0.0, min((self._left(worker) for worker in self._workers), default=float("inf")))

    def _left(self, worker: _Worker) -> float:
        limit = START_SECONDS if not worker.ready else self._patience if worker.jobs else None
        return float("inf") if limit is None else worker.heard + limit - monotonic()


def _started(parcel: bytes) -> _Worker:
    ours, theirs = socket.socketpair()
    with theirs:
        handle = theirs.fileno()
        command = [sys.executable, "-c", BOOTSTRAP.format(path=sys.path, handle=handle)]
        try:
            # A group of its own: Ctrl-C on the terminal is the coordinator's to answer.
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                pass_fds=[handle],
                env={**os.environ, **ENVIRONMENT},
                process_group=0,
            )
        except OSError as error:
            ours.close()
            raise WorkerError(f"a worker process cannot be started: {error.strerror}") from error
    connection: Connection[object, object] = Connection(ours.detach())
    # It may be larger than the socket holds, and is read only when the worker has started.
    threading.Thread(target=_post, args=(connection, parcel), daemon=True).start()
    return _Worker(process, connection)


def _post(connection: Connection[object, object], parcel: bytes) -> None:
    # A worker that dies meanwhile is noticed by the thread that listens to it.
    with contextlib.suppress(OSError):
        connection.send_bytes(parcel)


def _end(worker: _Worker) -> str:
    """Make sure that a worker has ended, and say how it did."""
    worker.process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        worker.process.wait(END_SECONDS)
    worker.connection.close()
    code = worker.process.returncode
    if code is None:
        return "it does not end"
    if code >= 0:
        return f"exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"{name}, as when memory runs out" if name == "SIGKILL" else name


def _during(worker: _Worker) -> str:
    return f" during {worker.doing}" if worker.doing else ""
