"""Candidates as jobs for workers: priced, then scored; what a worker cannot do becomes a rejection."""

from dataclasses import dataclass, replace
from enum import Enum

from prototypenas.exploration.candidate_evaluation import Evaluated, Task
from prototypenas.progress import Progress
from prototypenas.types import Candidate, Rejection
from prototypenas.workers.freed_memory import give_back_memory
from prototypenas.workers.pool import Answer, Cause, Failure, Pool

JOBS_IN_A_WORKER = 2
"""One at work and one waiting beside it, so that a worker never waits for the coordinator."""


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


@dataclass(frozen=True)
class CandidateWork:
    """What every worker holds of an exploration."""

    task: Task

    def __call__(self, job: Job, progress: Progress) -> Evaluated:
        """Do one stage of one candidate, and say which proxy is at work."""
        try:
            if job.stage is Stage.PRICE:
                return self.task.price(job.candidate)
            return self.task.score(job.candidate, lambda proxy: progress.update(proxy, 0, 0))
        finally:
            give_back_memory()


class CandidatePool:
    """A pool that takes and gives candidates."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._jobs: dict[str, Job] = {}

    def submit(self, job: Job) -> None:
        """Accept one job; pricing needs no GPU."""
        key = f"{job.stage.value} candidate {job.candidate.number}"
        self._jobs[key] = job
        self._pool.submit(key, job, on_device=job.stage is Stage.SCORE)

    def finished(self) -> list[Finished]:
        """Wait until at least one job has finished, and return all that have.

        Raises:
            WorkerError: if there are no workers any more, or an error that nobody foresaw.
            PrototypeNASError: if a candidate's evaluation raised it.
        """
        return [self._finished(answer) for answer in self._pool.finished()]

    def _finished(self, answer: Answer) -> Finished:
        job = self._jobs.pop(answer.key)
        if answer.failure is None or answer.failure.cause is Cause.RAISED:
            return Finished(job, answer.unwrapped())
        return Finished(job, Evaluated(replace(job.candidate, rejection=_rejection(answer.failure))))


def _rejection(failure: Failure) -> Rejection:
    return Rejection("proxy" if failure.cause is Cause.OVERTIME else "worker", failure.reason)
