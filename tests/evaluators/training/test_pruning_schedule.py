import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.training.pruning_schedule import PruningSchedule
from prototypenas.errors import ConfigurationError
from prototypenas.prototype import ChannelDimension

DIMENSIONS = (
    ChannelDimension("group0.stream", "groups.0.0", 0, channels=40, kept=10),
    ChannelDimension("group1.stream", "groups.1.0", 1, channels=7, kept=7),
    ChannelDimension("stem", "stem.0", None, channels=16, kept=16),
)
SHARES = st.floats(0, 0.99)


@given(epochs=st.integers(1, 120), first=SHARES, second=SHARES, steps=st.integers(1, 20))
def test_widths_only_fall_from_full_to_exactly_the_target(epochs, first, second, steps):
    schedule = PruningSchedule(start=min(first, second), end=max(first, second), steps=steps)
    widths = [schedule.kept(DIMENSIONS, epoch, epochs) for epoch in range(epochs)]
    for before, after in itertools.pairwise(widths):
        assert all(after[name] <= before[name] for name in after)
    assert widths[-1] == {"group0.stream": 10, "group1.stream": 7, "stem": 16}
    assert len({tuple(width.values()) for width in widths}) <= steps + 1
    if min(schedule.epochs(epochs)) > 0:
        assert widths[0]["group0.stream"] == 40


def test_most_channels_go_first():
    schedule = PruningSchedule(start=0.2, end=0.6, steps=5)
    taken = [schedule.kept(DIMENSIONS, epoch, 100)["group0.stream"] for epoch in (0, *schedule.epochs(100))]
    removed = [before - after for before, after in itertools.pairwise(taken)]
    assert schedule.epochs(100) == (20, 30, 40, 50, 60)
    assert removed == sorted(removed, reverse=True)


@pytest.mark.parametrize("values", [{"start": 0.7, "end": 0.6}, {"end": 1.0}, {"start": -0.1}, {"steps": 0}])
def test_impossible_schedules_are_refused(values):
    with pytest.raises(ConfigurationError):
        PruningSchedule(**values)
