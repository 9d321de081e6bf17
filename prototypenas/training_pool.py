"""Trains the chosen models independently: one after the other, or side by side in local processes."""

import multiprocessing
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing.queues import Queue
from typing import Any

import torch

from prototypenas.errors import ConfigurationError
from prototypenas.progress import Progress
from prototypenas.types import Evaluation

TrainingJob = Callable[[Progress], Evaluation]
"""Everything one training needs but the progress it reports to; picklable."""


@dataclass(frozen=True)
class ForwardedProgress:
    """Sends progress to the process that draws it."""

    queue: "Queue[Any]"

    def update(self, task: str, completed: float, total: float, note: str = "") -> None:
        """Put one state into the queue."""
        self.queue.put((task, completed, total, note))


def train_all(
    jobs: Sequence[TrainingJob],
    *,
    workers: int,
    progress: Progress,
    initializer: Callable[[], None] | None = None,
) -> list[Evaluation]:
    """Run all jobs on so many processes and give their evaluations in order; one worker trains in this process.

    The cores are shared out evenly: each worker computes with `cores / workers` threads. `initializer` runs first in
    every worker, to load plug-ins that the jobs name.

    Raises:
        ConfigurationError: if `workers` is below 1.
        PrototypeNASError: whatever the first failing job raised; jobs already finished keep their results on disk.
    """
    if workers < 1:
        raise ConfigurationError(f"{workers} workers asked for; at least 1 is needed")
    workers = min(workers, len(jobs))
    if workers <= 1:
        return [job(progress) for job in jobs]
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager:
        queue: Queue[Any] = manager.Queue()  # type: ignore[assignment]
        drawer = threading.Thread(target=_draw, args=(queue, progress), daemon=True)
        drawer.start()
        threads = max(1, multiprocessing.cpu_count() // workers)
        with ProcessPoolExecutor(workers, context, _start_worker, (threads, initializer)) as pool:
            futures: list[Future[Evaluation]] = [pool.submit(job, ForwardedProgress(queue)) for job in jobs]
            try:
                return [future.result() for future in futures]
            finally:
                pool.shutdown(cancel_futures=True)
                queue.put(None)
                drawer.join()


def _start_worker(threads: int, initializer: Callable[[], None] | None) -> None:
    torch.set_num_threads(threads)
    if initializer is not None:
        initializer()


def _draw(queue: "Queue[Any]", progress: Progress) -> None:
    while (state := queue.get()) is not None:
        progress.update(*state)
