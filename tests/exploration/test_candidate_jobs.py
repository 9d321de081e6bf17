import dataclasses

import pytest

from prototypenas.errors import ProxyError, WorkerError
from prototypenas.exploration.candidate_evaluation import Evaluated, evaluate_candidate
from prototypenas.exploration.candidate_jobs import (
    CandidatePool,
    CandidateWork,
    Pricing,
    PricingDone,
    Scoring,
    ScoringDone,
)
from prototypenas.exploration.samplers import create_sampler
from prototypenas.progress import Silent
from prototypenas.testing.stub_task import StubTask
from prototypenas.types import Built, Candidate, Invalid, Rejection
from prototypenas.workers.in_process import InProcess
from prototypenas.workers.local_processes import LocalProcesses
from prototypenas.workers.pool import Answer, Cause, Failure


@pytest.fixture
def priced(space):
    """Candidates that fit, priced."""
    task = StubTask()
    configurations = create_sampler("random", space, goals=task.goals, population=30, seed=1).ask(30)
    results = [task.price(Candidate(number, each)).candidate for number, each in enumerate(configurations)]
    return [candidate for candidate in results if type(candidate) is Built]


def scored(kind, task, candidates):
    with kind.start(CandidateWork(task), plugins=(), progress=Silent()) as pool:
        executor = CandidatePool(pool)
        for candidate in candidates:
            executor.submit(Scoring(candidate))
        finished = []
        while len(finished) < len(candidates):
            finished += executor.finished()
    return {each.result.candidate.number: each.result.candidate for each in finished}


def test_a_candidate_that_kills_its_workers_is_rejected_and_the_others_scored(priced, tmp_path):
    once, always = priced[1].number, priced[2].number
    task = StubTask(deadly=(always,), deadly_once=(once,), scars=tmp_path)
    expected = {each.number: evaluate_candidate(each.number, each.configuration, StubTask()) for each in priced}
    assert scored(InProcess(), StubTask(), priced) == expected
    results = scored(LocalProcesses(1), task, priced)
    rejection = results.pop(always).rejection
    assert rejection.kind == "worker" and "died 2 times" in rejection.detail
    del expected[always]
    assert results == expected


class Answers:
    """A pool that fails as told."""

    def __init__(self, failure):
        self.failure = failure

    def submit(self, key, job, *, on_device=True):
        self.key = key

    def finished(self):
        return [Answer(self.key, failure=self.failure)]


@pytest.mark.parametrize(
    ("cause", "kind"), [(Cause.MEMORY, "worker"), (Cause.LOST, "worker"), (Cause.OVERTIME, "proxy")]
)
def test_what_a_worker_cannot_do_is_a_rejection(cause, kind, priced):
    pool = CandidatePool(Answers(Failure(cause, "during naswot")))
    pool.submit(Scoring(priced[0]))
    (finished,) = pool.finished()
    assert finished == ScoringDone(Evaluated(priced[0].rejected(Rejection(kind, "during naswot"))))
    pool.submit(Pricing(Candidate(4, priced[0].configuration)))
    (finished,) = pool.finished()
    lost = Invalid(4, priced[0].configuration, Rejection(kind, "during naswot"))
    assert finished == PricingDone(Evaluated(lost))


def test_an_error_nobody_foresaw_ends_the_work(priced):
    shapeless = dataclasses.replace(priced[0], configuration=None)
    with pytest.raises(
        WorkerError, match=rf"score candidate {shapeless.number}: AttributeError: .*stub_task\.py, line"
    ):
        scored(InProcess(), StubTask(), [shapeless])
    pool = CandidatePool(Answers(Failure(Cause.RAISED, "bad", ProxyError("bad"))))
    pool.submit(Scoring(priced[0]))
    with pytest.raises(ProxyError, match="bad"):
        pool.finished()
