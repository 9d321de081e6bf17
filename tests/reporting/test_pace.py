import pytest

from prototypenas.reporting.pace import Pace, rate_text, time_text


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def paced(*steps: tuple[float, float]) -> tuple[Pace, Clock]:
    clock = Clock()
    pace = Pace(clock)
    for seconds, completed in steps:
        clock.now = 100.0 + seconds
        pace.saw(completed)
    return pace, clock


def test_nothing_is_said_before_a_second_step_was_seen():
    pace, _ = paced((0, 0))
    assert pace.rate() is None and pace.remaining(10) is None


def test_what_an_earlier_run_had_done_is_no_work_of_this_one():
    pace, _ = paced((0, 900), (10, 910))
    assert pace.rate() == pytest.approx(1.0)
    assert pace.remaining(1000) == pytest.approx(90.0)


def test_the_last_minute_counts_and_not_the_first():
    pace, _ = paced(*((second, 100 * second) for second in range(10)), *((9 + step, 900 + step) for step in range(200)))
    assert pace.rate() == pytest.approx(1.0, rel=0.05)


def test_slow_steps_are_remembered_longer_than_a_minute():
    pace, _ = paced((0, 0), (100, 1), (200, 2))
    assert pace.rate() == pytest.approx(0.01)


def test_work_that_hangs_gets_slower():
    pace, clock = paced((0, 0), (1, 1), (2, 2))
    clock.now += 0.5
    assert pace.rate() == pytest.approx(1.0)
    assert pace.remaining(4) == pytest.approx(1.5)
    clock.now += 7.5
    assert pace.rate() == pytest.approx(0.2)


def test_a_count_that_falls_begins_anew():
    pace, _ = paced((0, 0), (1, 50), (2, 10), (4, 12))
    assert pace.rate() == pytest.approx(1.0)


@pytest.mark.parametrize(("rate", "text"), [(12.34, "12.3/s"), (1, "1.0/s"), (0.25, "4.0 s each"), (0.01, "1:40 each")])
def test_rates_are_written_as_they_read_best(rate, text):
    assert rate_text(rate) == text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (42.4, "0:42"), (61, "1:01"), (3723, "1:02:03")])
def test_times_are_written_as_on_a_clock(seconds, text):
    assert time_text(seconds) == text
