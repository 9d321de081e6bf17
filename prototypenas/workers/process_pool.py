"""Local worker processes of one thread each, which may die without harm.

A pool of our own, because `concurrent.futures` gives up the whole pool when one worker dies and does not tell whose job
it was.
"""

import multiprocessing
import os
import signal
import traceback
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

import torch

from prototypenas.errors import ConfigurationError, PrototypeNASError
from prototypenas.exploration.candidate_evaluation import Evaluated, Task
from prototypenas.workers.executors import (
    LOST_WORKERS_PER_CANDIDATE,
    Executor,
    Finished,
    Job,
    lost,
    parcel_of,
    run_job,
)
from prototypenas.workers.parcels import Parcel

JOBS_IN_A_WORKER = 2
"""One at work and one waiting beside it, so that a worker never waits for the coordinator."""

SINGLE_THREAD: Mapping[str, str] = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Failure:
    """An error on its way back from a worker: ours as it is, any other as its traceback."""

    error: PrototypeNASError | None
    trace: str


@dataclass(frozen=True)
class Ready:
    """A worker's first word: it has imported everything and opened its parcel."""


@dataclass(frozen=True)
class LocalProcesses:
    """As many single-thread workers as there are cores, or `jobs` of them; results do not depend on it."""

    jobs: int | None = None

    @contextmanager
    def start(self, task: Task) -> Iterator[Executor]:
        """Start the workers; they end with the context, or when this process does.

        Raises:
            ConfigurationError: if `jobs` is below 1, or the task does not pickle.
        """
        jobs = available_cores() if self.jobs is None else self.jobs
        if jobs < 1:
            raise ConfigurationError(f"{jobs} jobs asked for; at least 1 is needed")
        pool = _ProcessPool(parcel_of(task), jobs)
        try:
            yield pool
        finally:
            pool.close()


def available_cores() -> int:
    """Count the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class _Worker:
    process: SpawnProcess
    connection: Connection
    jobs: deque[Job] = field(default_factory=deque)
    """Sent and unanswered; the first is at work."""
    ready: bool = False


class _ProcessPool:
    def __init__(self, parcel: Parcel, size: int) -> None:
        self._parcel = parcel
        self._waiting: deque[Job] = deque()
        self._deaths: Counter[int] = Counter()
        self._workers = [self._new_worker() for _ in range(size)]

    def submit(self, job: Job) -> None:
        self._waiting.append(job)
        self._hand_out()

    def finished(self) -> list[Finished]:
        done: list[Finished] = []
        while not done:
            connections = {worker.connection: worker for worker in self._workers}
            for ready in wait(list(connections)):
                if isinstance(ready, Connection):
                    done += self._receive(connections[ready])
            self._hand_out()
        return done

    def close(self) -> None:
        for worker in self._workers:
            worker.process.kill()
            worker.process.join()
            worker.connection.close()

    def _hand_out(self) -> None:
        """Fill every worker up to one job, then to two, so that the last jobs spread evenly."""
        for depth in range(1, JOBS_IN_A_WORKER + 1):
            for worker in self._workers:
                if self._waiting and len(worker.jobs) < depth:
                    self._send(worker, self._waiting.popleft())

    def _send(self, worker: _Worker, job: Job) -> None:
        worker.jobs.append(job)
        try:
            worker.connection.send(job)
        except (BrokenPipeError, ConnectionResetError):
            return  # its death is seen, and the job given to another, when it is next listened to

    def _receive(self, worker: _Worker) -> list[Finished]:
        try:
            answer = worker.connection.recv()
        except (EOFError, ConnectionResetError):
            return self._bury(worker)
        if isinstance(answer, Failure):
            raise answer.error or RuntimeError(f"a candidate's evaluation failed:\n{answer.trace}")
        if isinstance(answer, Ready):
            worker.ready = True
            return []
        assert isinstance(answer, Evaluated)
        return [Finished(worker.jobs.popleft(), answer)]

    def _bury(self, worker: _Worker) -> list[Finished]:
        worker.process.join()
        worker.connection.close()
        self._workers[self._workers.index(worker)] = self._new_worker()
        if not worker.ready:
            raise RuntimeError(f"a worker ended before it was ready, with exit code {worker.process.exitcode}")
        if not worker.jobs:
            return []
        suspect = worker.jobs.popleft()
        self._deaths[suspect.candidate.number] += 1
        given_up = self._deaths[suspect.candidate.number] >= LOST_WORKERS_PER_CANDIDATE
        self._waiting.extendleft(reversed(worker.jobs))
        if given_up:
            return [lost(suspect)]
        self._waiting.appendleft(suspect)
        return []

    def _new_worker(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, self._parcel), daemon=True)
        with _environment(SINGLE_THREAD):
            process.start()
        theirs.close()
        return _Worker(process, ours)


def _work(connection: Connection, parcel: Parcel) -> None:
    """Answer jobs until the coordinator is gone; Ctrl-C is the coordinator's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    try:
        task: Task = parcel.open()
        connection.send(Ready())
        while True:
            connection.send(run_job(task, connection.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except PrototypeNASError as error:
        connection.send(Failure(error, traceback.format_exc()))
    except BaseException:
        connection.send(Failure(None, traceback.format_exc()))
        raise


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the processes started inside: thread pools read them when they are first imported."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
