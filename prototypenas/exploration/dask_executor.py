"""Evaluation on Dask workers, on this machine or many (`pip install prototypenas[dask]`).

Workers need this package and one thread each: `dask worker tcp://scheduler:8786 --nthreads 1`. Under SLURM
`dask_jobqueue.SLURMCluster(cores=1, processes=1, memory="4GB")` starts them, and its scheduler's address is given here.
A worker that has a GPU is started with `--resources "GPU=1"` and asked for by `gpus=1`: it then scores one candidate at
a time. Lost workers' candidates go to others; how many losses a candidate may cause is the scheduler's setting
`distributed.scheduler.allowed-failures`.
"""

import importlib
import queue
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from prototypenas.errors import ConfigurationError
from prototypenas.exploration.candidate_evaluation import Evaluated, Task
from prototypenas.exploration.executors import Executor, Finished, Job, Stage, parcel_of, run_job
from prototypenas.types import Rejection

CONNECT_SECONDS = 30


@dataclass(frozen=True)
class DaskWorkers:
    """The workers of a Dask scheduler; the same results as local processes."""

    scheduler: str
    """Address, `tcp://host:port`."""
    gpus: int = 0
    """GPUs that a scoring asks for, as Dask resources named `GPU`."""

    @contextmanager
    def start(self, task: Task) -> Iterator[Executor]:
        """Connect, and give every worker the task, those that join later too.

        Raises:
            ConfigurationError: if Dask is not installed, or the scheduler does not answer.
        """
        distributed = _distributed()
        try:
            client = distributed.Client(self.scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"the Dask scheduler {self.scheduler} does not answer: {error}") from error
        name = f"prototypenas-{uuid.uuid4().hex}"
        plugin = importlib.import_module("prototypenas.exploration.dask_plugin")
        try:
            client.register_plugin(plugin.TaskOnWorker(parcel_of(task)), name=name)
            executor = _DaskExecutor(client, name, self.gpus)
            try:
                yield executor
            finally:
                executor.cancel()
                client.unregister_worker_plugin(name)
        finally:
            client.close()


class _DaskExecutor:
    def __init__(self, client: Any, name: str, gpus: int) -> None:
        self._client = client
        self._name = name
        self._gpus = gpus
        self._futures: dict[Any, Job] = {}
        self._done: queue.Queue[Any] = queue.Queue()

    def submit(self, job: Job) -> None:
        gpus = {"GPU": self._gpus} if self._gpus and job.stage is Stage.SCORE else None
        key = f"{self._name}-{job.stage.value}-{job.candidate.number}"
        future = self._client.submit(_run, self._name, job, key=key, pure=False, resources=gpus)
        self._futures[future] = job
        future.add_done_callback(self._done.put)

    def finished(self) -> list[Finished]:
        done = [self._take(self._done.get())]
        while not self._done.empty():
            done.append(self._take(self._done.get()))
        return done

    def cancel(self) -> None:
        self._client.cancel(list(self._futures))

    def _take(self, future: Any) -> Finished:
        job = self._futures.pop(future)
        try:
            result: Evaluated = future.result()
        except _distributed().KilledWorker as error:
            detail = f"its workers died, as happens when memory runs out: {str(error).splitlines()[0]}"
            result = Evaluated(replace(job.candidate, rejection=Rejection("worker", detail)))
        return Finished(job, result)


def _run(name: str, job: Job) -> Evaluated:
    """Run on a worker; one at a time, for PyTorch's random state is the process's."""
    plugin = _distributed().get_worker().plugins[name]
    with plugin.lock:
        return run_job(plugin.task, job)


def _distributed() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise ConfigurationError("a Dask scheduler needs Dask; `pip install prototypenas[dask]` brings it") from error
