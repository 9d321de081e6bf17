"""A Dask cluster as separate processes, for tests that kill some of them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SCHEDULER = "import sys; from distributed.cli.dask_scheduler import main; sys.exit(main())"
WORKER = "import sys; from distributed.cli.dask_worker import main; sys.exit(main())"


@dataclass(frozen=True)
class Cluster:
    address: str
    scheduler: subprocess.Popen[bytes]
    workers: tuple[subprocess.Popen[bytes], ...]


@contextmanager
def dask_cluster(directory: Path, *, workers: int, gpus: int = 0) -> Iterator[Cluster]:
    """A scheduler and worker processes, connected over TCP on loopback; each claims to have so many GPUs."""
    import distributed

    contact = directory / "scheduler.json"
    arguments = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(contact), "--no-dashboard"]
    processes = [_start(SCHEDULER, arguments, directory)]
    try:
        wait_for(contact.exists)
        arguments = ["--scheduler-file", str(contact), "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        arguments += ["--resources", f"GPU={gpus}"]
        processes += [_start(WORKER, arguments, directory) for _ in range(workers)]
        with distributed.Client(scheduler_file=str(contact), set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
            address = client.scheduler.address
        yield Cluster(address, processes[0], tuple(processes[1:]))
    finally:
        for process in processes:
            process.kill()
            process.wait()


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def _start(code: str, arguments: list[str], directory: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path.cwd()),
        "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False",
    }
    with (directory / "cluster.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-c", code, *arguments], env=environment, cwd=directory, stdout=log, stderr=log
        )
