"""The worker's end of the socket, in a thread of this process."""

import contextlib
import pickle
import threading
from multiprocessing import Pipe

import pytest

from prototypenas.workers.pool import Cause
from prototypenas.workers.worker_process import Ready, Report, _answer_jobs


class Parcel:
    """Opens to work that reports, then answers."""

    def open(self):
        def work(job, progress):
            progress.update("half", 1, 2)
            return (lambda: job) if job == "cannot be sent" else 2 * job

        return work


class Damaged:
    def open(self):
        raise ImportError("no module of that name")


@pytest.fixture
def worker():
    ours, theirs = Pipe()

    def answers():
        with contextlib.suppress(EOFError):
            _answer_jobs(theirs)

    thread = threading.Thread(target=answers, daemon=True)
    thread.start()
    yield ours
    ours.close()
    thread.join(timeout=5)
    assert not thread.is_alive(), "it ends with its coordinator"


def test_it_is_ready_reports_and_answers(worker):
    worker.send_bytes(pickle.dumps(Parcel()))
    assert worker.recv() == Ready()
    worker.send_bytes(pickle.dumps(("a", 21)))
    assert worker.recv() == Report("half", 1, 2, "")
    assert (answer := pickle.loads(worker.recv_bytes())).key == "a" and answer.result == 42


def test_a_result_that_cannot_be_sent_is_a_failure_and_the_worker_lives(worker):
    worker.send_bytes(pickle.dumps(Parcel()))
    worker.recv()
    for job in ("cannot be sent", 3):
        worker.send_bytes(pickle.dumps(("a", job)))
        worker.recv()
        answer = pickle.loads(worker.recv_bytes())
    assert answer.result == 6


def test_a_parcel_that_cannot_be_opened_is_the_first_answer(worker):
    worker.send_bytes(pickle.dumps(Damaged()))
    failure = worker.recv()
    assert failure.cause is Cause.RAISED and "no module of that name" in failure.reason
