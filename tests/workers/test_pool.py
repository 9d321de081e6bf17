"""In which way work fails, whatever workers do it."""

import pytest

from prototypenas.errors import PrototypeNASError, ProxyError, WorkerError
from prototypenas.progress import Silent
from prototypenas.workers.pool import Answer, Cause, Failure, answer_of, failure_of


class OfAPlugin(ProxyError):
    """An error whose class the coordinator may not be able to import."""


OutOfMemoryError = type("OutOfMemoryError", (RuntimeError,), {})


def raising(error):
    def work(job, progress):
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "cause", "kind"),
    [
        (ProxyError("bad"), Cause.RAISED, ProxyError),
        (OfAPlugin("bad"), Cause.RAISED, PrototypeNASError),
        (ValueError("bad"), Cause.RAISED, type(None)),
        (SystemExit("bad"), Cause.RAISED, type(None)),
        (MemoryError(), Cause.MEMORY, type(None)),
        (OutOfMemoryError(), Cause.MEMORY, type(None)),
    ],
)
def test_whatever_is_raised_becomes_an_answer(error, cause, kind):
    answer = answer_of(raising(error), "trial 3", None, Silent())
    assert answer.key == "trial 3" and answer.failure is not None
    assert answer.failure.cause is cause and type(answer.failure.error) is kind


def test_an_interrupt_is_no_answer():
    with pytest.raises(KeyboardInterrupt):
        answer_of(raising(KeyboardInterrupt()), "trial 3", None, Silent())


def test_a_result_is_unwrapped_our_error_raised_as_it_was_and_any_other_named():
    assert answer_of(lambda job, progress: job + 1, "k", 1, Silent()).unwrapped() == 2
    with pytest.raises(ProxyError, match=r"^bad$"):
        Answer("k", failure=failure_of(ProxyError("bad"))).unwrapped()
    with pytest.raises(WorkerError, match=r"^k: it died$"):
        Answer("k", failure=Failure(Cause.LOST, "it died")).unwrapped()


def test_the_place_of_an_unforeseen_error_is_told():
    failure = answer_of(raising(ValueError("odd")), "k", None, Silent()).failure
    assert failure is not None and "ValueError: odd (test_pool.py, line" in failure.reason
