"""Candidates as jobs for workers: priced, then scored; what a worker cannot do becomes a rejection."""

from dataclasses import dataclass

from prototypenas.exploration.candidate_evaluation import Evaluated, Task
from prototypenas.progress import Progress
from prototypenas.types import Built, Candidate, Explored, Invalid, Rejection
from prototypenas.workers.freed_memory import give_back_memory
from prototypenas.workers.pool import Answer, Cause, Failure, Pool

JOBS_IN_A_WORKER = 2
"""One at work and one waiting beside it, so that a worker never waits for the coordinator."""


@dataclass(frozen=True)
class Pricing:
    """The first half of an evaluation: what does its network cost?"""

    candidate: Candidate


@dataclass(frozen=True)
class Scoring:
    """The second half: what do the proxies say of its network?"""

    candidate: Built


Job = Pricing | Scoring


@dataclass(frozen=True)
class PricingDone:
    """What came of a `Pricing`."""

    result: Evaluated[Invalid | Built]


@dataclass(frozen=True)
class ScoringDone:
    """What came of a `Scoring`."""

    result: Evaluated[Explored]


@dataclass(frozen=True)
class CandidateWork:
    """What every worker holds of an exploration."""

    task: Task

    def __call__(self, job: Job, progress: Progress) -> Evaluated[Candidate]:
        """Do one half of an evaluation, and say which proxy is at work."""
        try:
            if isinstance(job, Pricing):
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
        scoring = isinstance(job, Scoring)
        key = f"{'score' if scoring else 'price'} candidate {job.candidate.number}"
        self._jobs[key] = job
        self._pool.submit(key, job, on_device=scoring)

    def finished(self) -> list[PricingDone | ScoringDone]:
        """Wait until at least one job has finished, and return all that have.

        Raises:
            WorkerError: if there are no workers any more, or an error that nobody foresaw.
            PrototypeNASError: if a candidate's evaluation raised it.
        """
        return [self._finished(answer) for answer in self._pool.finished()]

    def _finished(self, answer: Answer) -> PricingDone | ScoringDone:
        job, failure = self._jobs.pop(answer.key), answer.failure
        if failure is None or failure.cause is Cause.RAISED:
            result = answer.unwrapped()
            return PricingDone(result) if isinstance(job, Pricing) else ScoringDone(result)
        reason = _rejection(failure)
        if isinstance(job, Pricing):
            return PricingDone(Evaluated(job.candidate.invalid(reason)))
        return ScoringDone(Evaluated(job.candidate.rejected(reason)))


def _rejection(failure: Failure) -> Rejection:
    return Rejection("proxy" if failure.cause is Cause.OVERTIME else "worker", failure.reason)
