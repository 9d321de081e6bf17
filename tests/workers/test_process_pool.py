import dataclasses
import multiprocessing

import pytest

from prototypenas.errors import ConfigurationError
from prototypenas.exploration.candidate_evaluation import evaluate_candidate, unpriced
from prototypenas.exploration.samplers import create_sampler
from prototypenas.testing.stub_task import StubTask
from prototypenas.workers.executors import InProcess, Job, Stage
from prototypenas.workers.process_pool import LocalProcesses


@pytest.fixture
def priced(space):
    """Candidates that fit, priced."""
    task = StubTask()
    configurations = create_sampler("random", space, proxies=task.proxy_names, population=30, seed=1).ask(30)
    results = [task.price(unpriced(number, each)).candidate for number, each in enumerate(configurations)]
    return [candidate for candidate in results if candidate.feasible]


def scored(kind, task, candidates):
    with kind.start(task) as executor:
        for candidate in candidates:
            executor.submit(Job(Stage.SCORE, candidate))
        finished = []
        while len(finished) < len(candidates):
            finished += executor.finished()
    return {each.job.candidate.number: each.result.candidate for each in finished}


@pytest.mark.slow
def test_dead_workers_are_replaced_and_only_a_repeated_killer_is_given_up(priced, tmp_path):
    once, always = priced[1].number, priced[2].number
    task = StubTask(deadly=(always,), deadly_once=(once,), scars=tmp_path)
    expected = {each.number: evaluate_candidate(each.number, each.configuration, StubTask()) for each in priced}
    results = scored(LocalProcesses(1), task, priced)
    rejected = results.pop(always)
    assert (
        rejected.rejection is not None
        and rejected.rejection.kind == "worker"
        and "2 times" in rejected.rejection.detail
    )
    del expected[always]
    assert results == expected
    assert not multiprocessing.active_children()


def test_this_process_gives_the_same(priced):
    expected = {each.number: evaluate_candidate(each.number, each.configuration, StubTask()) for each in priced}
    assert scored(InProcess(), StubTask(), priced) == expected


def test_an_unexpected_error_ends_the_work_with_its_traceback(priced, capfd):
    unpriced_candidate = dataclasses.replace(priced[0], cost=None)
    with pytest.raises(RuntimeError, match=r"assert candidate\.cost is not None"):
        scored(LocalProcesses(1), StubTask(), [unpriced_candidate])


def test_what_does_not_pickle_is_refused():
    class Local(StubTask):
        pass

    with pytest.raises(ConfigurationError, match="cannot be sent"), LocalProcesses(1).start(Local()):
        pass


def test_no_worker_is_refused():
    with pytest.raises(ConfigurationError, match="at least 1"), LocalProcesses(0).start(StubTask()):
        pass
