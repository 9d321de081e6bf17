from prototypenas.workers.in_process import Drawn, InProcess


class Told:
    def __init__(self):
        self.lines = []

    def update(self, task, completed, total, note=""):
        self.lines.append((task, completed, total, note))


def test_jobs_are_done_one_at_a_time_in_their_order_when_somebody_waits():
    done = []
    with InProcess().start(lambda job, progress: done.append(job), plugins=(), progress=Told()) as pool:
        pool.submit("a", 1)
        pool.submit("b", 2, on_device=False)
        assert done == []
        assert [answer.key for answer in pool.finished()] == ["a"] and done == [1]
        assert [answer.key for answer in pool.finished()] == ["b"] and done == [1, 2]


def test_what_is_only_said_in_case_the_worker_dies_is_not_drawn():
    told = Told()
    Drawn(told).update("snip", 0, 0)
    Drawn(told).update("trial 1", 1, 4, "loss 0.3")
    assert told.lines == [("trial 1", 1, 4, "loss 0.3")]
