import io

from rich.console import Console

from prototypenas.reporting.console import ProgressBars


def test_the_bars_show_task_count_and_note():
    drawn = io.StringIO()
    console = Console(file=drawn, force_terminal=True, width=120)
    with ProgressBars(console) as bars:
        bars.update("explore", 3, 100, "12 candidates/s")
        bars.update("explore", 100, 100, "8 candidates/s")
    assert "explore" in drawn.getvalue()
    assert "100/100" in drawn.getvalue()
    assert "8 candidates/s" in drawn.getvalue()
