"""What a local worker process does: opens its parcel and answers jobs, until the coordinator is gone.

Nothing is imported at the top that takes long: an error while importing is then an answer too.
"""

import os
import pickle
import select
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection


@dataclass(frozen=True)
class Ready:
    """A worker's first word: everything is imported and its parcel open."""


@dataclass(frozen=True)
class Report:
    """A state of the job's progress."""

    task: str
    completed: float
    total: float
    note: str


@dataclass(frozen=True)
class SentProgress:
    """Sends progress to the coordinator."""

    connection: "Connection[object, object]"

    def update(self, task: str, completed: float, total: float, note: str = "") -> None:
        """Send one state."""
        self.connection.send(Report(task, completed, total, note))


def main(handle: int) -> None:
    """Work for the coordinator at the other end of a socket."""
    # The terminal tells every process of an interrupt; only the coordinator answers it, and ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_coordinator, args=(handle,), daemon=True).start()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        _answer_jobs(Connection(handle))
    os._exit(0)  # at once: threads of libraries may take their time


def _answer_jobs(connection: "Connection[object, object]") -> None:
    content = connection.recv_bytes()
    from prototypenas.workers.pool import answer_of, failure_of  # noqa: PLC0415

    try:
        work = pickle.loads(content).open()
    except (Exception, SystemExit) as error:  # noqa: BLE001  (whatever it is, it is told where the work came from)
        connection.send(failure_of(error))
        return
    connection.send(Ready())
    progress = SentProgress(connection)
    while True:
        key, job = pickle.loads(connection.recv_bytes())
        answer = answer_of(work, key, job, progress)
        try:
            content = pickle.dumps(answer)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            content = pickle.dumps(replace(answer, result=None, failure=failure_of(error)))
        connection.send_bytes(content)


def _end_with_coordinator(handle: int) -> None:
    """End in the middle of a job too: a training nobody waits for would write where the next run continues."""
    poll = select.poll()
    poll.register(handle, select.POLLHUP)
    poll.poll()
    os._exit(1)
