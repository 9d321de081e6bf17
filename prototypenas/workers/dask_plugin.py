"""What every Dask worker holds of a run; imported only where Dask is installed.

A Dask worker does not do the work itself: it has a local pool of one process. So a job that dies, hangs or leaks does
so as on one machine, and the Dask worker lives, and can end a job that nobody waits for any more.
"""

import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from distributed import WorkerPlugin, get_worker

from prototypenas.workers.local_processes import LocalPool, local_pool
from prototypenas.workers.pool import Answer

LOOK_SECONDS = 0.5
"""How soon it is seen that nobody waits for a job any more."""


class Abandoned(Exception):
    """Nobody waits for this job any more."""


class LocalPoolOnWorker(WorkerPlugin):
    """A local pool of one process on each worker; Dask calls `setup` when it arrives or the worker joins."""

    def __init__(self, parcel: bytes, patience: float | None) -> None:
        self._parcel = parcel
        self._patience = patience

    def setup(self, worker: Any) -> None:
        """Get ready for jobs; the process is started for the first one."""
        self._stack = ExitStack()
        self._pool: LocalPool | None = None
        self._lock = threading.Lock()

    def teardown(self, worker: Any) -> None:
        """End the process."""
        self._stack.close()

    def answer(self, name: str, key: str, job: Any) -> Answer:
        """Do one job; others that the worker was given meanwhile wait."""
        worker, task = get_worker(), get_worker().get_current_task()
        with self._lock:
            progress = LoggedProgress(worker, name)
            if self._pool is None:
                context = local_pool(self._parcel, 1, progress, patience=self._patience)
                self._pool = self._stack.enter_context(context)
            self._pool.submit(key, job)
            while not (answers := self._pool.finished_within(LOOK_SECONDS)):
                state = worker.state.tasks.get(task)
                if state is None or state.state != "executing":
                    # It would write into a folder that the next run continues.
                    self._stack.close()
                    self._pool = None
                    raise Abandoned(key)
            return answers[0]


@dataclass(frozen=True)
class LoggedProgress:
    """Sends progress to whoever listens to the topic."""

    worker: Any
    topic: str

    def update(self, task: str, completed: float, total: float, note: str = "") -> None:
        """Send one state."""
        self.worker.log_event(self.topic, (task, completed, total, note))
