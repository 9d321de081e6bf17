"""Independent trainings on any workers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from prototypenas.errors import TrainingError
from prototypenas.plugins import PluginSource
from prototypenas.progress import Progress
from prototypenas.workers.pool import Cause, Workers

T = TypeVar("T")


@dataclass(frozen=True)
class TrainingWork:
    """What every worker holds: all trainings by name; data that they share is sent once."""

    trainings: Mapping[str, Callable[[Progress], Any]]

    def __call__(self, job: str, progress: Progress) -> Any:
        """Do the training of that name."""
        return self.trainings[job](progress)


def train_all(
    workers: Workers,
    trainings: Mapping[str, Callable[[Progress], T]],
    *,
    plugins: Sequence[PluginSource],
    progress: Progress,
) -> list[T]:
    """Do all trainings, and return their results in order.

    A training is everything that it needs but the progress it reports to; it pickles. One whose worker died is
    continued by another worker.

    Raises:
        TrainingError: if a training keeps taking its workers down, needs too much memory, or met an error that nobody
            foresaw.
        PrototypeNASError: whatever the first failing training raised; what others have finished stays on disk.
    """
    results: dict[str, T] = {}
    with workers.start(TrainingWork(trainings), plugins=plugins, progress=progress) as pool:
        for name in trainings:
            pool.submit(name, name)
        while len(results) < len(trainings):
            for answer in pool.finished():
                failure = answer.failure
                if failure is not None and failure.error is None:
                    hint = "; is there enough memory?" if failure.cause is Cause.LOST else ""
                    raise TrainingError(f"{answer.key}: {failure.reason}{hint}")
                results[answer.key] = answer.unwrapped()
    return [results[name] for name in trainings]
