"""The workers of a Dask scheduler, on this machine or many.

Workers need this package and one thread each: `dask worker tcp://scheduler:8786 --nthreads 1`. Under SLURM
`dask_jobqueue.SLURMCluster(cores=1, processes=1, memory="4GB")` starts them, and its scheduler's address is given here.
A worker that has a GPU is started with `--resources "GPU=1"`, and gets one job at a time of those that ask for it.
A lost worker's job goes to another; how many losses one may cause is the scheduler's setting
`distributed.scheduler.allowed-failures`.
"""

import pickle
import queue
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from prototypenas.errors import WorkerError
from prototypenas.plugins import PluginSource
from prototypenas.progress import Progress
from prototypenas.workers.dask_cluster import connected, distributed, lost_connections, on_every_worker
from prototypenas.workers.parcels import packed
from prototypenas.workers.pool import Answer, Cause, Failure, Pool, Work

POLL_SECONDS = 2.0
"""How often it is looked whether there are a scheduler and workers at all."""

GONE_SECONDS = 6.0
"""A scheduler that does not answer for so long is not waited for."""

WAITING = "workers"
"""Task under which it is told that there is no worker."""


@dataclass(frozen=True)
class DaskWorkers:
    """The workers of a Dask scheduler; the same results as in one process."""

    scheduler: str
    """Address, `tcp://host:port`."""
    gpus: int = 0
    """GPUs that a job asks for, as Dask resources named `GPU`."""
    patience: float | None = None
    """Seconds for which a job may give no sign of life before it is ended; `None` waits for ever."""

    @contextmanager
    def start(
        self, work: Work, *, plugins: Sequence[PluginSource], progress: Progress, ahead: int = 1
    ) -> Iterator[Pool]:
        """Connect, and give every worker the work; `ahead` is the scheduler's own affair.

        Raises:
            ConfigurationError: if Dask is not installed, or the scheduler does not answer.
        """
        parcel = pickle.dumps(packed(work, plugins))
        with (
            connected(self.scheduler) as client,
            on_every_worker(client, parcel, patience=self.patience) as name,
        ):
            pool = _DaskPool(self, client, name, progress)
            try:
                yield pool
            finally:
                pool.cancel()


@dataclass(frozen=True)
class _Report:
    """A state of some job's progress."""

    state: tuple[str, float, float, str]


class _DaskPool:
    def __init__(self, workers: DaskWorkers, client: Any, name: str, progress: Progress) -> None:
        self._workers = workers
        self._client = client
        self._name = name
        self._progress = progress
        self._keys: dict[Any, str] = {}
        self._seen_running = monotonic()
        # Dask calls back from threads of its own; whoever asks for answers hears of them in the thread he asks from.
        self._heard: queue.Queue[Any] = queue.Queue()
        client.subscribe_topic(name, lambda event: self._heard.put(_Report(tuple(event[1]))))

    def submit(self, key: str, job: Any, *, on_device: bool = True) -> None:
        gpus = self._workers.gpus if on_device else 0
        resources = {"GPU": gpus} if gpus else None
        place = f"{self._name}-{key}"
        future = self._client.submit(_answer, self._name, key, job, key=place, pure=False, resources=resources)
        self._keys[future] = key
        future.add_done_callback(self._heard.put)

    def finished(self) -> list[Answer]:
        done: list[Answer] = []
        while not done:
            try:
                done += self._take(self._heard.get(timeout=POLL_SECONDS))
            except queue.Empty:
                self._see_workers()
        while not self._heard.empty():
            done += self._take(self._heard.get())
        return done

    def cancel(self) -> None:
        if self._client.status == "running":
            with lost_connections():
                self._client.cancel(list(self._keys))

    def _take(self, message: Any) -> list[Answer]:
        if isinstance(message, _Report):
            self._progress.update(*message.state)
            return []
        key = self._keys.pop(message)
        try:
            answer: Answer = message.result()
        except distributed().KilledWorker as error:
            reason = f"its workers died, as when memory runs out: {str(error).splitlines()[0]}"
            answer = Answer(key, failure=Failure(Cause.LOST, reason))
        except (OSError, distributed().client.FutureCancelledError) as error:
            raise self._gone() from error
        return [answer]

    def _see_workers(self) -> None:
        """Say if there is no worker, and do not wait for a scheduler that is gone.

        Raises:
            WorkerError: if it is.
        """
        if self._client.status != "running":
            if monotonic() > self._seen_running + GONE_SECONDS:
                raise self._gone()
            return
        self._seen_running = monotonic()
        try:
            # Not `scheduler_info`: what it gives may just have been replaced by a short form without workers.
            identity = self._client.sync(self._client.scheduler.identity, callback_timeout=GONE_SECONDS)
        except OSError:
            return  # the client notices it too, and its status is looked at next time
        able = sum(one["resources"].get("GPU", 0) >= self._workers.gpus for one in identity["workers"].values())
        if not able:
            wanted = f' with --resources "GPU={self._workers.gpus}"' if self._workers.gpus else ""
            self._progress.update(WAITING, 0, len(self._keys), f"no worker yet; start one{wanted}")

    def _gone(self) -> WorkerError:
        return WorkerError(f"the Dask scheduler {self._workers.scheduler} is gone; the same command continues")


def _answer(name: str, key: str, job: Any) -> Answer:
    answer: Answer = distributed().get_worker().plugins[name].answer(name, key, job)
    return answer
