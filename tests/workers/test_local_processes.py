"""What the local workers promise as this process does, and what they do when processes die."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from prototypenas.errors import ConfigurationError, PrototypeNASError, ProxyError, TrainingError, WorkerError
from prototypenas.plugins import PluginSource, load_plugin
from prototypenas.progress import Silent
from prototypenas.workers.in_process import InProcess
from prototypenas.workers.local_processes import LocalProcesses
from prototypenas.workers.pool import Cause
from tests.workers.work import told

KINDS = [InProcess(), LocalProcesses(2)]


class Recorded:
    def __init__(self):
        self.states = []

    def update(self, *state):
        self.states.append(state)


def answers(kind, jobs, *, work=told, plugins=(), progress=None, ahead=2):
    with kind.start(work, plugins=plugins, progress=progress or Silent(), ahead=ahead) as pool:
        for key, job in jobs.items():
            pool.submit(key, job)
        found = {}
        while len(found) < len(jobs):
            found |= {answer.key: answer for answer in pool.finished()}
    return found


@pytest.mark.parametrize("kind", KINDS, ids=["in process", "local"])
def test_jobs_are_answered_errors_told_in_one_line_and_progress_drawn(kind):
    recorded = Recorded()
    odd = ("ours", "theirs", "own error", "exit", "memory", "report")
    found = answers(kind, {"good": ("sleep", 0), **{one: (one,) for one in odd}}, progress=recorded)
    assert found["good"].unwrapped() == ("sleep", 0)
    with pytest.raises(TrainingError, match="NaN in epoch 3"):
        found["ours"].unwrapped()
    with pytest.raises(
        WorkerError, match=r"^theirs: ZeroDivisionError: integer division by zero \(work.py, line \d+, in _odd\)$"
    ):
        found["theirs"].unwrapped()
    with pytest.raises(PrototypeNASError, match="an error class of their own"):
        found["own error"].unwrapped()
    assert "SystemExit: 0" in found["exit"].failure.reason
    assert found["memory"].failure.cause is Cause.MEMORY
    assert recorded.states == [("models", 1, 2, "half")]
    assert (found["report"].unwrapped()[1] == os.getpid()) == isinstance(kind, InProcess)


def test_dead_workers_are_replaced_and_only_a_repeated_killer_is_given_up(tmp_path):
    jobs = {f"good {number}": ("sleep", 0.0) for number in range(6)}
    jobs = {"leaves": ("leave",), "unlucky": ("die once", str(tmp_path / "scar")), "kills": ("die",), **jobs}
    found = answers(LocalProcesses(2), jobs)
    lost = found.pop("kills").failure
    assert lost.cause is Cause.LOST
    assert lost.reason == "its worker died 2 times during its last proxy (SIGKILL, as when memory runs out)"
    assert found.pop("leaves").failure.reason == "its worker died 2 times (exit code 3)"
    assert {key: answer.unwrapped() for key, answer in found.items()} == {key: jobs[key] for key in found}


def test_what_gives_no_sign_of_life_is_ended_and_the_rest_done():
    start = time.monotonic()
    jobs = {"hangs": ("hang",), "good": ("sleep", 0.0), "unpicklable": ("unpicklable",)}
    found = answers(LocalProcesses(1, patience=0.5), jobs)
    assert found["hangs"].failure.cause is Cause.OVERTIME
    assert found["hangs"].failure.reason == "no sign of life for 0.5 seconds during a slow proxy"
    assert found["good"].unwrapped() == ("sleep", 0.0)
    assert "pickle" in found["unpicklable"].failure.reason
    assert time.monotonic() - start < 60


class DiesWhenOpened:
    def __reduce__(self):
        return os._exit, (9,)


def test_workers_that_die_before_they_are_ready_end_in_one_line():
    """With a parcel larger than any socket holds: whoever wrote it into a dead one would wait for ever."""
    with pytest.raises(WorkerError, match=r"3 worker processes ended before they were ready \(exit code 9\)"):
        answers(LocalProcesses(2), {"any": ("sleep", 0)}, work=(DiesWhenOpened(), b" " * 5_000_000))


@pytest.mark.slow
@pytest.mark.parametrize("wait", [0.0, 0.05, 0.3, 1.0, 3.0, 6.0])
def test_workers_killed_while_starting_or_at_work_do_not_matter(wait):
    jobs = {f"job {number}": ("sleep", 0.05) for number in range(40)}
    with LocalProcesses(2).start(told, plugins=(), progress=Silent()) as pool:
        for key, job in jobs.items():
            pool.submit(key, job)
        found = pool.finished_within(wait)
        victims = [worker.process.pid for worker in pool._workers]
        os.kill(victims[0], signal.SIGKILL)
        while len(found) < len(jobs):
            found += pool.finished()
        pids = [worker.process for worker in pool._workers]
    assert {answer.key: answer.unwrapped() for answer in found} == jobs
    assert all(process.returncode is not None for process in pids), "no worker outlives its pool"


PLUGIN = PluginSource("mine.py", "def work(job, progress):\n    return job + 1\n\nPROXIES = {'work': work}\n")


def test_what_a_plugin_defines_is_known_in_every_worker():
    work = load_plugin(PLUGIN).proxies["work"]
    assert answers(LocalProcesses(1), {"one": 1}, work=work, plugins=(PLUGIN,))["one"].unwrapped() == 2


def test_what_does_not_pickle_is_refused_with_what_to_do():
    with pytest.raises(ConfigurationError, match=r"cannot be sent to worker processes.*or work in one process"):
        answers(LocalProcesses(1), {"any": 1}, work=lambda job, progress: job)


def test_no_worker_and_no_time_are_refused():
    with pytest.raises(ConfigurationError, match="0 jobs"):
        LocalProcesses(0)
    with pytest.raises(ConfigurationError, match="time limit of 0"):
        LocalProcesses(1, patience=0)


SCRIPT = """
from prototypenas.progress import Silent
from prototypenas.workers.local_processes import LocalProcesses

def own(job, progress):
    return job * 2

def main(work):
    with LocalProcesses(1).start(work, plugins=(), progress=Silent()) as pool:
        pool.submit("one", {job})
        print(pool.finished()[0].unwrapped())
"""


def script(tmp_path, ending, job="21"):
    file = tmp_path / "script.py"
    file.write_text(SCRIPT.format(job=job) + textwrap.dedent(ending))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    return subprocess.run([sys.executable, str(file)], capture_output=True, text=True, env=environment, check=False)


def test_a_script_needs_a_main_guard_only_for_parts_of_its_own(tmp_path):
    guarded = script(tmp_path, "if __name__ == '__main__':\n    main(own)\n")
    assert guarded.stdout == "42\n", guarded.stderr
    plain = script(tmp_path, "from tests.workers.work import told\nmain(told)\n", job="('sleep', 0)")
    assert plain.stdout == "('sleep', 0)\n", plain.stderr
    unguarded = script(tmp_path, "main(own)\n")
    assert "if __name__ == '__main__'" in unguarded.stderr.splitlines()[-1]


def test_an_error_of_the_work_itself_is_the_pools(tmp_path):
    with pytest.raises(ProxyError, match="not today"):
        answers(LocalProcesses(1), {"any": 1}, work=Refuses())


class Refuses:
    def __reduce__(self):
        return refuse, ()


def refuse():
    raise ProxyError("not today")
