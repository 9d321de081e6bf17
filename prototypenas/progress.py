"""How long work tells that it goes on, without printing."""

from typing import Protocol


class Progress(Protocol):
    """Receives the state of long work; the command line draws bars from it."""

    def update(self, task: str, completed: float, total: float, note: str = "") -> None:
        """Say that `completed` of `total` steps of `task` are done; `note` is a short live remark."""


class Silent:
    """Progress that is not shown."""

    def update(self, task: str, completed: float, total: float, note: str = "") -> None:
        """Do nothing."""
