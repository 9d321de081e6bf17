"""How fast work goes and how long it still takes, from what was seen of it lately."""

from collections import deque
from collections.abc import Callable
from time import monotonic

WINDOW_SECONDS = 60.0
"""The past that a rate is taken from: work gets slower and faster, and its first minute says little of the tenth."""
FEWEST_SEEN = 4
"""Observations that are kept however old they are."""


class Pace:
    """Follows one task; the count that is seen first may come from an earlier run and is not counted as work."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._start = clock()
        self._seen: deque[tuple[float, float]] = deque()

    def saw(self, completed: float) -> None:
        """Note how much is done now; a count that falls begins anew."""
        now = self._clock()
        if self._seen and completed < self._seen[-1][1]:
            self._seen.clear()
        if not self._seen or completed > self._seen[-1][1]:
            self._seen.append((now, completed))
        while len(self._seen) > FEWEST_SEEN and now - self._seen[0][0] > WINDOW_SECONDS:
            self._seen.popleft()

    def rate(self) -> float | None:
        """Return steps a second over the last minute; `None` until a second step was seen.

        Silence counts once it is longer than a step has taken, so that work that hangs does not look fast.
        """
        if len(self._seen) < 2:
            return None
        (first, before), (last, after) = self._seen[0], self._seen[-1]
        step = (last - first) / (after - before)
        silence = self._clock() - last
        seconds = last - first + (silence if silence > step else 0.0)
        return (after - before) / seconds if seconds > 0 else None

    def remaining(self, total: float) -> float | None:
        """Return the seconds until `total` at the present rate; `None` where that is unknown."""
        rate = self.rate()
        if rate is None:
            return None
        last, after = self._seen[-1]
        return max(0.0, (total - after) / rate - (self._clock() - last))

    def elapsed(self) -> float:
        """Return the seconds since the task was begun."""
        return self._clock() - self._start


def rate_text(rate: float) -> str:
    """Write a rate as it reads best: `12.3/s`, or `4.2 s each`."""
    if rate >= 1:
        return f"{rate:.0f}/s" if rate >= 100 else f"{rate:.1f}/s"
    seconds = 1 / rate
    return f"{seconds:.1f} s each" if seconds < 60 else f"{time_text(seconds)} each"


def time_text(seconds: float) -> str:
    """Write a time as `0:42` or `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
