"""Evaluation on Dask workers: with `gpus=1` each scoring asks for a GPU; a lost worker's candidates go to others."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from prototypenas.exploration.candidate_evaluation import Evaluated, Task
from prototypenas.types import Rejection
from prototypenas.workers.dask_cluster import asked_resources, connected, content_here, distributed, on_every_worker
from prototypenas.workers.executors import Executor, Finished, Job, Stage, parcel_of, run_job


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
        with connected(self.scheduler) as client, on_every_worker(client, parcel_of(task)) as name:
            executor = _DaskExecutor(client, name, self.gpus)
            try:
                yield executor
            finally:
                executor.cancel()


class _DaskExecutor:
    def __init__(self, client: Any, name: str, gpus: int) -> None:
        self._client = client
        self._name = name
        self._gpus = gpus
        self._futures: dict[Any, Job] = {}
        self._done: queue.Queue[Any] = queue.Queue()

    def submit(self, job: Job) -> None:
        resources = asked_resources(self._gpus if job.stage is Stage.SCORE else 0)
        key = f"{self._name}-{job.stage.value}-{job.candidate.number}"
        future = self._client.submit(_run, self._name, job, key=key, pure=False, resources=resources)
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
        except distributed().KilledWorker as error:
            detail = f"its workers died, as happens when memory runs out: {str(error).splitlines()[0]}"
            result = Evaluated(replace(job.candidate, rejection=Rejection("worker", detail)))
        return Finished(job, result)


def _run(name: str, job: Job) -> Evaluated:
    with content_here(name) as task:
        return run_job(task, job)
