from prototypenas.exploration.live_state import PROGRESS_TASK, LiveState
from prototypenas.exploration.outcome import Outcome


class Told:
    def __init__(self):
        self.lines = []

    def update(self, task, completed, total, note=""):
        self.lines.append((task, completed, total, note))


def outcome(number, objectives):
    return Outcome(number, None, objectives, {})


def test_a_generation_is_told_with_its_front_and_share():
    told = Told()
    live = LiveState(told, 10)
    live.finished([None, None])
    live.told([outcome(0, (1.0, 2.0)), outcome(1, (2.0, 1.0)), outcome(2, (3.0, 3.0)), outcome(3, None)])
    assert told.lines[0] == (PROGRESS_TASK, 2, 10, "")
    task, done, total, note = told.lines[-1]
    assert (task, done, total) == (PROGRESS_TASK, 2, 10)
    assert note == "75% feasible, front 2, hypervolume 0.210"


def test_what_an_earlier_run_finished_counts_and_pricing_is_said():
    told = Told()
    live = LiveState(told, 10)
    live.resumed(4)
    live.pricing(300)
    live.finished([None])
    assert [line[1] for line in told.lines] == [4, 4, 5]
    assert told.lines[1][3] == "none fits yet, 300 priced besides"
