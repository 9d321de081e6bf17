"""Trainings as tasks of a Dask scheduler, one at a time a worker; `dask_cluster` says how to start those.

Every worker holds all jobs and their data, sent once. A training writes into the run directory, which the workers must
share; so one that lost its worker continues on another from its last epoch. One that nobody waits for any more, because
another failed or the command was ended, stops at its next sign of progress.
"""

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from prototypenas.errors import TrainingError
from prototypenas.plugins import PluginSource
from prototypenas.progress import Progress
from prototypenas.workers.dask_cluster import asked_resources, connected, content_here, distributed, on_every_worker
from prototypenas.workers.parcels import packed
from prototypenas.workers.training_pool import Outcome, Update, outcome_of

T = TypeVar("T")

POLL_SECONDS = 2.0
"""How often it is looked whether there are workers at all."""

WAITING = "training"
"""Task under which it is told that there is no worker."""


@dataclass(frozen=True)
class DaskPool:
    """The workers of a Dask scheduler."""

    scheduler: str
    """Address, `tcp://host:port`."""
    gpus: int = 0
    """GPUs that a training asks for, as Dask resources named `GPU`."""

    def train_all(
        self, jobs: Sequence[Callable[[Progress], T]], *, plugins: Sequence[PluginSource], progress: Progress
    ) -> list[T]:
        """Submit all jobs at once and wait for them.

        Raises:
            ConfigurationError: if Dask is not installed, or the scheduler does not answer.
            TrainingError: if a training keeps taking its workers down.
            PrototypeNASError: whatever the first failing job raised.
        """
        parcel = packed(tuple(jobs), plugins, what="a training")
        with connected(self.scheduler) as client, on_every_worker(client, parcel) as name:
            submission = _Submission(client, name, progress, self.gpus)
            try:
                return submission.results(len(jobs))
            finally:
                submission.cancel()


class _Submission:
    """All jobs of one pool, and what is heard of them."""

    def __init__(self, client: Any, name: str, progress: Progress, gpus: int) -> None:
        self._client = client
        self._name = name
        self._progress = progress
        self._gpus = gpus
        self._futures: dict[Any, int] = {}
        # Dask calls back from threads of its own; progress is told from this one.
        self._heard: queue.Queue[Any] = queue.Queue()

    def results(self, count: int) -> list[Any]:
        self._client.subscribe_topic(self._name, lambda event: self._heard.put(Update(*event[1])))
        for number in range(count):
            key = f"{self._name}-{number}"
            resources = asked_resources(self._gpus)
            future = self._client.submit(_train, self._name, number, key=key, pure=False, resources=resources)
            self._futures[future] = number
            future.add_done_callback(self._heard.put)
        found: dict[int, Any] = {}
        while len(found) < count:
            self._listen(found)
        return [found[number] for number in range(count)]

    def cancel(self) -> None:
        self._client.cancel(list(self._futures))

    def _listen(self, found: dict[int, Any]) -> None:
        try:
            message = self._heard.get(timeout=POLL_SECONDS)
        except queue.Empty:
            self._tell_of_missing_workers()
            return
        if isinstance(message, Update):
            self._progress.update(message.task, message.completed, message.total, message.note)
        else:
            found[self._futures[message]] = _outcome(message).unwrapped()

    def _tell_of_missing_workers(self) -> None:
        # Not `scheduler_info`: what it gives may just have been replaced by a short form without workers.
        workers = self._client.sync(self._client.scheduler.identity)["workers"].values()
        able = sum(worker["resources"].get("GPU", 0) >= self._gpus for worker in workers)
        if not able:
            wanted = f' with --resources "GPU={self._gpus}"' if self._gpus else ""
            self._progress.update(WAITING, 0, len(self._futures), f"no worker yet; start one{wanted}")


def _outcome(future: Any) -> Outcome:
    try:
        outcome: Outcome = future.result()
    except distributed().KilledWorker as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(f"a training took its workers down; is there enough memory? {reason}") from error
    return outcome


class _Abandoned(Exception):
    """Nobody waits for this training any more."""


@dataclass(frozen=True)
class _ProgressFromWorker:
    """Sends progress to the coordinator, and ends a training that nobody waits for."""

    worker: Any
    topic: str
    key: str

    def update(self, task: str, completed: float, total: float, note: str = "") -> None:
        state = self.worker.state.tasks.get(self.key)
        if state is None or state.state != "executing":
            # It would write into a folder that the next run continues.
            raise _Abandoned(task)
        self.worker.log_event(self.topic, (task, completed, total, note))


def _train(name: str, number: int) -> Outcome:
    worker = distributed().get_worker()
    progress = _ProgressFromWorker(worker, name, worker.get_current_task())
    with content_here(name) as jobs:
        return outcome_of(lambda: jobs[number](progress))
