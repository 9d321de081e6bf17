import io
import re
import time

import pytest
from rich.console import Console

from prototypenas.reporting.shown_progress import ProgressBars, ProgressLines, progress_on


def drawn_bars(width: int, note: str) -> list[str]:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=width, color_system=None)
    with ProgressBars(console) as bars:
        bars.update("explore", 3, 100)
        bars.update("trial 97", 2, 10, "loss 0.312")
        bars.update("explore", 40, 100, note)
    return stream.getvalue().split("\n")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_bar_is_one_line_with_task_count_rate_and_time(width):
    lines = drawn_bars(width, "83% feasible, front 12, hypervolume 0.823")
    (last,) = [line for line in lines[-3:] if "explore" in line]
    assert "40/100" in last and "/s" in last and "left" in last
    assert ("hypervolume 0.823" in last) is (width == 120)
    assert len(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", last.split("\r")[-1])) <= width


def test_finished_work_says_how_long_it_took():
    stream = io.StringIO()
    with ProgressBars(Console(file=stream, force_terminal=True, width=80, color_system=None)) as bars:
        bars.update("deploy", 0, 3)
        bars.update("deploy", 3, 3)
    assert "3/3 in 0:00" in stream.getvalue()


def test_piped_work_prints_one_line_a_step_and_nothing_else():
    stream = io.StringIO()
    with ProgressLines(Console(file=stream, width=80)) as lines:
        for done in range(101):
            lines.update("explore", done, 100, "a long remark that is wider than eighty columns of text are, but whole")
        lines.update("snip", 0, 0)
        lines.update("explore", 100, 100, "again")
    said = "explore: 100 of 100, in 0:00, a long remark that is wider than eighty columns of text are, but whole\n"
    assert stream.getvalue() == said


def test_piped_work_that_takes_long_says_so_now_and_then():
    stream = io.StringIO()
    with ProgressLines(Console(file=stream, width=80), every_seconds=0.01) as lines:
        lines.update("trial 3", 1, 10, "loss 0.5")
        deadline = time.monotonic() + 5
        while "trial 3: 1 of 10, loss 0.5" not in stream.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
        lines.update("trial 3", 10, 10)
    assert stream.getvalue().splitlines()[0] == "trial 3: 1 of 10, loss 0.5"
    assert stream.getvalue().splitlines()[-1] == "trial 3: 10 of 10, in 0:00"


def test_the_console_decides_between_bars_and_lines():
    assert isinstance(progress_on(Console(file=io.StringIO(), force_terminal=True)), ProgressBars)
    assert isinstance(progress_on(Console(file=io.StringIO())), ProgressLines)
