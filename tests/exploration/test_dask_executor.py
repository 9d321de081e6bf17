import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from prototypenas.errors import ConfigurationError
from prototypenas.exploration.dask_executor import DaskWorkers
from prototypenas.exploration.executors import InProcess
from prototypenas.exploration.exploration import explore
from prototypenas.testing.stub_task import StubTask

SCHEDULER = "import sys; from distributed.cli.dask_scheduler import main; sys.exit(main())"
WORKER = "import sys; from distributed.cli.dask_worker import main; sys.exit(main())"


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two worker processes, connected over TCP on loopback."""
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False"}
    contact = tmp_path / "scheduler.json"
    arguments = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(contact), "--no-dashboard"]
    processes = [start(SCHEDULER, arguments, environment, tmp_path)]
    wait_for(contact.exists)
    workers = ["--scheduler-file", str(contact), "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    processes += [start(WORKER, workers, environment, tmp_path) for _ in range(2)]
    yield contact, processes
    for process in processes:
        process.kill()
        process.wait()


def start(code, arguments, environment, directory):
    with (directory / "cluster.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-c", code, *arguments], env=environment, cwd=directory, stdout=log, stderr=log
        )


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
def test_dask_gives_the_same_though_a_worker_is_killed(space, cluster):
    import distributed

    contact, processes = cluster
    with distributed.Client(scheduler_file=str(contact), set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        address = client.scheduler.address
    kills = []

    class KillsAWorker:
        def update(self, task, completed, total, note=""):
            if completed > 30 and not kills:
                kills.append(processes[-1].send_signal(signal.SIGKILL))

    exploration = explore(
        StubTask(seconds=0.02), space=space, trials=100, executor=DaskWorkers(address), progress=KillsAWorker()
    )
    assert kills and processes[-1].wait() == -signal.SIGKILL
    alone = explore(StubTask(), space=space, trials=100, executor=InProcess())
    assert exploration.candidates == alone.candidates


def test_a_scheduler_that_does_not_answer_is_refused(monkeypatch):
    monkeypatch.setattr("prototypenas.dask_cluster.CONNECT_SECONDS", 0.5)
    with pytest.raises(ConfigurationError, match="does not answer"), DaskWorkers("tcp://127.0.0.1:1").start(StubTask()):
        pass


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigurationError, match=r"prototypenas\[dask\]"), DaskWorkers("tcp://x:1").start(StubTask()):
        pass
