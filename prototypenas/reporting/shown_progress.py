"""Long work shown: bars on a terminal, a plain line now and then where output is piped or kept."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from prototypenas.progress import Progress
from prototypenas.reporting.pace import Pace, rate_text, time_text

LINE_SECONDS = 30.0
"""Where there is no terminal, how often a line says that work goes on."""
LONGEST_NAME = 28
"""Characters of a task's name beside its bar."""


class ShownProgress(Progress, AbstractContextManager["ShownProgress"], Protocol):
    """Shows work while the block lasts; safe to update from several threads."""


def progress_on(console: Console) -> ShownProgress:
    """Return bars for a terminal, plain lines for anything else."""
    return ProgressBars(console) if console.is_terminal else ProgressLines(console)


@dataclass
class _State:
    """What was heard last of one task."""

    pace: Pace
    completed: float = 0.0
    total: float = 0.0
    note: str = ""

    @property
    def finished(self) -> bool:
        return 0 < self.total <= self.completed

    def saw(self, completed: float, total: float, note: str) -> None:
        self.completed, self.total, self.note = completed, total, note
        self.pace.saw(completed)

    def remarks(self, end_seconds: float | None = None) -> list[str]:
        """Return rate, remaining time and note, as far as they are known; of finished work how long it took."""
        said = []
        rate, remaining = self.pace.rate(), self.pace.remaining(self.total)
        if end_seconds is not None:
            said.append(f"in {time_text(end_seconds)}")
        elif rate is not None and remaining is not None:
            said += [rate_text(rate), f"{time_text(remaining)} left"]
        return [*said, *([self.note] if self.note else [])]


class ProgressBars:
    """A bar a task, with rate, remaining time and a remark, on one line whatever the terminal's width."""

    def __init__(self, console: Console) -> None:
        self._lock = threading.Lock()
        self._tasks: dict[str, tuple[TaskID, _State]] = {}
        self._longest_name = 0
        bar = 12 if console.width < 100 else 24
        self._bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=bar),
            _Remarks(lambda: console.width - self._longest_name - bar - 5),
            console=console,
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def update(self, task: str, completed: float, total: float, note: str = "") -> None:
        """Draw the task's bar at `completed` of `total`; what has no total has no bar."""
        if total <= 0:
            return
        with self._lock:
            state = self._tasks[task][1] if task in self._tasks else _State(Pace())
            state.saw(completed, total, note)
            if task not in self._tasks:
                name = task if len(task) <= LONGEST_NAME else f"{task[: LONGEST_NAME - 1]}…"
                self._longest_name = max(self._longest_name, cell_len(name))
                self._tasks[task] = (
                    self._bars.add_task(name, total=total, completed=int(completed), state=state),
                    state,
                )
            self._bars.update(self._tasks[task][0], completed=completed, total=total)


class _Remarks(ProgressColumn):
    """Count, rate, remaining time and note, cut to what the line has room for."""

    def __init__(self, room: Callable[[], int]) -> None:
        super().__init__()
        self._room = room

    def render(self, task: Task) -> Text:
        """Return the text of one task as it is now."""
        state: _State = task.fields["state"]
        said = " ".join([f"{int(state.completed)}/{int(state.total)}", ", ".join(state.remarks(task.finished_time))])
        room = max(1, self._room())
        return Text(said if cell_len(said) <= room else set_cell_size(said, room - 1) + "…", no_wrap=True)


class ProgressLines:
    """One plain line when a task is finished, and one every half minute for what is being done."""

    def __init__(self, console: Console, every_seconds: float = LINE_SECONDS) -> None:
        self._console = console
        self._every_seconds = every_seconds
        self._lock = threading.Lock()
        self._tasks: dict[str, _State] = {}
        self._latest: str | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell_regularly, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def update(self, task: str, completed: float, total: float, note: str = "") -> None:
        """Note how far the task is; print a line if that was the end of it. What has no total has no line."""
        if total <= 0:
            return
        with self._lock:
            state = self._tasks.setdefault(task, _State(Pace()))
            finished_before = state.finished
            state.saw(completed, total, note)
            self._latest = task
            if state.finished and not finished_before:
                self._print(task, state, state.pace.elapsed())

    def _tell_regularly(self) -> None:
        while not self._over.wait(self._every_seconds):
            with self._lock:
                state = self._tasks.get(self._latest or "")
                if state is not None and not state.finished:
                    self._print(self._latest or "", state)

    def _print(self, task: str, state: _State, end_seconds: float | None = None) -> None:
        remarks = ", ".join(state.remarks(end_seconds))
        line = f"{task}: {int(state.completed)} of {int(state.total)}{', ' if remarks else ''}{remarks}"
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
