import signal
import sys
import time

import pytest

from prototypenas.errors import ConfigurationError, WorkerError
from prototypenas.exploration.exploration import explore
from prototypenas.progress import Silent
from prototypenas.testing.stub_task import StubTask
from prototypenas.workers.dask_workers import DaskWorkers
from prototypenas.workers.in_process import InProcess
from prototypenas.workers.pool import Cause
from tests.dask_processes import dask_cluster
from tests.workers.work import told


@pytest.mark.slow
def test_dask_gives_the_same_though_a_worker_is_killed(space, tmp_path):
    kills = []

    class KillsAWorker:
        def update(self, task, completed, total, note=""):
            if completed > 30 and not kills:
                kills.append(cluster.workers[-1].send_signal(signal.SIGKILL))

    with dask_cluster(tmp_path, workers=2) as cluster:
        workers = DaskWorkers(cluster.address)
        exploration = explore(
            StubTask(seconds=0.02), space=space, trials=100, executor=workers, progress=KillsAWorker()
        )
        assert kills and cluster.workers[-1].wait() == -signal.SIGKILL
    alone = explore(StubTask(), space=space, trials=100, executor=InProcess())
    assert exploration.candidates == alone.candidates


@pytest.mark.slow
def test_jobs_die_and_hang_as_on_one_machine_and_a_lost_scheduler_ends_in_one_line(tmp_path):
    jobs = {"kills": ("die",), "leaves": ("leave",), "hangs": ("hang",), "good": ("sleep", 0)}
    with dask_cluster(tmp_path, workers=1) as cluster:
        workers = DaskWorkers(cluster.address, patience=1.0)
        with workers.start(told, plugins=(), progress=Silent()) as pool:
            for key, job in jobs.items():
                pool.submit(key, job)
            found = {}
            while len(found) < len(jobs):
                found |= {answer.key: answer for answer in pool.finished()}
            assert [found[key].failure.cause for key in ("kills", "leaves", "hangs")] == [
                Cause.LOST,
                Cause.LOST,
                Cause.OVERTIME,
            ]
            assert found["good"].unwrapped() == ("sleep", 0)
            assert cluster.workers[0].poll() is None, "the Dask worker itself lives"
            pool.submit("last", ("sleep", 100))
            cluster.scheduler.kill()
            start = time.monotonic()
            with pytest.raises(WorkerError, match=r"scheduler .* is gone"):
                pool.finished()
        assert time.monotonic() - start < 20


def test_a_scheduler_that_does_not_answer_is_refused(monkeypatch):
    monkeypatch.setattr("prototypenas.workers.dask_cluster.CONNECT_SECONDS", 0.5)
    with (
        pytest.raises(ConfigurationError, match="does not answer"),
        DaskWorkers("tcp://127.0.0.1:1").start(told, plugins=(), progress=Silent()),
    ):
        pass


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(ConfigurationError, match=r"prototypenas\[dask\]"),
        DaskWorkers("tcp://x:1").start(told, plugins=(), progress=Silent()),
    ):
        pass
