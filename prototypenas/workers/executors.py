"""Where candidates are evaluated: one interface for this process, local worker processes, and Dask workers."""

from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

import torch

from prototypenas.exploration.candidate_evaluation import Evaluated, Task
from prototypenas.types import Candidate, Rejection
from prototypenas.workers.freed_memory import give_back_memory
from prototypenas.workers.parcels import Parcel, packed

LOST_WORKERS_PER_CANDIDATE = 2
"""A candidate whose worker dies this often is recorded as a rejection; once may be the machine's fault."""


class Stage(Enum):
    """The two halves of an evaluation."""

    PRICE = "price"
    SCORE = "score"


@dataclass(frozen=True)
class Job:
    """One stage of one candidate."""

    stage: Stage
    candidate: Candidate


@dataclass(frozen=True)
class Finished:
    """A job and what came of it."""

    job: Job
    result: Evaluated


class Executor(Protocol):
    """Evaluates jobs; in which order they finish is its own affair."""

    def submit(self, job: Job) -> None:
        """Accept one job."""

    def finished(self) -> list[Finished]:
        """Wait until at least one job has finished, and give all that have."""


class ExecutorKind(Protocol):
    """How to start an executor; plain data."""

    def start(self, task: Task) -> AbstractContextManager[Executor]:
        """Start it for one task; leaving the context ends all workers."""


def parcel_of(task: Task) -> Parcel:
    """Pack a task for its workers.

    Raises:
        ConfigurationError: if something in it does not pickle, as a lambda does not.
    """
    return packed(task, task.plugins, what="the exploration")


def run_job(task: Task, job: Job) -> Evaluated:
    """Do one stage of one candidate; running out of memory is a rejection, not an error."""
    try:
        return task.price(job.candidate) if job.stage is Stage.PRICE else task.score(job.candidate)
    except (MemoryError, torch.OutOfMemoryError):
        return Evaluated(replace(job.candidate, rejection=Rejection("worker", "it needs more memory than there is")))
    finally:
        give_back_memory()


def lost(job: Job) -> Finished:
    """Give the end of a job that keeps killing its worker."""
    detail = f"its worker died {LOST_WORKERS_PER_CANDIDATE} times, as happens when memory runs out"
    return Finished(job, Evaluated(replace(job.candidate, rejection=Rejection("worker", detail))))


@dataclass(frozen=True)
class InProcess:
    """Evaluates in this process, one at a time: for tests and debuggers. A candidate that kills it ends the run."""

    @contextmanager
    def start(self, task: Task) -> Iterator[Executor]:
        """Begin without delay."""
        yield _InProcessExecutor(task)


class _InProcessExecutor:
    def __init__(self, task: Task) -> None:
        self._task = task
        self._jobs: deque[Job] = deque()

    def submit(self, job: Job) -> None:
        self._jobs.append(job)

    def finished(self) -> list[Finished]:
        job = self._jobs.popleft()
        return [Finished(job, run_job(self._task, job))]
