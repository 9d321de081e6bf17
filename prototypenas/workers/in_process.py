"""This process as the only worker."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prototypenas.progress import Progress
from prototypenas.workers.pool import Answer, Pool, Work, answer_of

if TYPE_CHECKING:
    from prototypenas.plugins import PluginSource


@dataclass(frozen=True)
class InProcess:
    """Works in this process, one job at a time: nothing need be sent, and a debugger sees all.

    A job that kills the process ends everything, and one that hangs is not ended.
    """

    @contextmanager
    def start(
        self, work: Work, *, plugins: Sequence[PluginSource], progress: Progress, ahead: int = 1
    ) -> Iterator[Pool]:
        """Begin at once; the plug-ins are loaded already."""
        yield _InProcessPool(work, progress)


class _InProcessPool:
    def __init__(self, work: Work, progress: Progress) -> None:
        self._work = work
        self._progress = Drawn(progress)
        self._jobs: deque[tuple[str, Any]] = deque()

    def submit(self, key: str, job: Any, *, on_device: bool = True) -> None:
        self._jobs.append((key, job))

    def finished(self) -> list[Answer]:
        key, job = self._jobs.popleft()
        return [answer_of(self._work, key, job, self._progress)]


@dataclass(frozen=True)
class Drawn:
    """Passes on what is to be drawn, and not what is only said in case the worker dies."""

    progress: Progress

    def update(self, task: str, completed: float, total: float, note: str = "") -> None:
        """Pass on a report of some steps."""
        if total:
            self.progress.update(task, completed, total, note)
