import signal
import sys

import pytest

from prototypenas.errors import ConfigurationError
from prototypenas.exploration.exploration import explore
from prototypenas.testing.stub_task import StubTask
from prototypenas.workers.dask_executor import DaskWorkers
from prototypenas.workers.executors import InProcess
from tests.dask_processes import dask_cluster


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


def test_a_scheduler_that_does_not_answer_is_refused(monkeypatch):
    monkeypatch.setattr("prototypenas.workers.dask_cluster.CONNECT_SECONDS", 0.5)
    with pytest.raises(ConfigurationError, match="does not answer"), DaskWorkers("tcp://127.0.0.1:1").start(StubTask()):
        pass


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigurationError, match=r"prototypenas\[dask\]"), DaskWorkers("tcp://x:1").start(StubTask()):
        pass
