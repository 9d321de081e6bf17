"""How long an exploration takes, where the time goes, and what the bookkeeping costs.

    python -m benchmarks.exploration_speed real --jobs 2          500 candidates, whole image pool, 3x128x128
    python -m benchmarks.exploration_speed stub --trials 5000     the same loop around a task that costs nothing

Prints wall time from start to `candidates.csv` and the selection, seconds by part, candidates per second, and the peak
memory of coordinator and workers together (Linux: shared pages counted once, looked at twice a second).
"""

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path

from prototypenas.costing.targets import load_targets
from prototypenas.exploration.candidate_evaluation import ExplorationTask, Task
from prototypenas.exploration.exploration import Exploration, explore
from prototypenas.exploration.space import SearchSpace
from prototypenas.selection import select
from prototypenas.testing.stub_task import StubTask
from prototypenas.workers.in_process import InProcess
from prototypenas.workers.local_processes import LocalProcesses
from proxies import PAPER_ENSEMBLE, PROXIES
from search_spaces import IMAGE_POOL, KERNELS

SPACE = SearchSpace(tuple(IMAGE_POOL), KERNELS)


def real_task() -> ExplorationTask:
    """The paper's image search: batch 16, four proxies, i.MX RT1062."""
    target = load_targets()["imxrt1062"]
    proxies = {name: PROXIES[name] for name in PAPER_ENSEMBLE}
    return ExplorationTask(IMAGE_POOL, proxies, (3, 128, 128), 10, target, target.budget)


def timed(task: Task, arguments: argparse.Namespace, directory: Path) -> tuple[Exploration, float, float]:
    """Explore and select; give the wall seconds of both."""
    start = time.perf_counter()
    executor = InProcess() if arguments.kind == "stub" else LocalProcesses(arguments.jobs)
    exploration = explore(
        task,
        space=SPACE,
        trials=arguments.trials,
        sampler=arguments.sampler,
        seed=arguments.seed,
        executor=executor,
        directory=directory,
    )
    explored = time.perf_counter()
    if arguments.kind == "real":
        selection = select(exploration.candidates, keep=5)
        print(f"selection: {[one.number for one in selection.chosen]} of {len(selection.front)}, {selection.verdict}")
    return exploration, explored - start, time.perf_counter() - explored


class PeakMemory(threading.Thread):
    """Follows the memory of this process and its children while it runs."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.bytes = 0
        self._over = threading.Event()

    def run(self) -> None:
        """Look until told to stop."""
        while not self._over.wait(0.5):
            self.bytes = max(self.bytes, sum(map(proportional_bytes, [os.getpid(), *children()])))

    def stop(self) -> None:
        """End the thread."""
        self._over.set()
        self.join()


def children() -> list[int]:
    """Return the processes that this one started."""
    return [int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]


def proportional_bytes(pid: int) -> int:
    """Return a process's resident memory, its share of shared pages; 0 once it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def main() -> None:
    """Print the figures of one exploration."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("real", "stub"))
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sampler", default="nsga2")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="keep the run here")
    arguments = parser.parse_args()
    task: Task = real_task() if arguments.kind == "real" else StubTask()
    memory = PeakMemory()
    memory.start()
    with tempfile.TemporaryDirectory() as scratch:
        exploration, seconds, selecting = timed(task, arguments, arguments.out or Path(scratch))
    statistics = exploration.statistics
    trials = len(exploration.candidates)
    memory.stop()
    print(statistics.summary())
    print(f"wall: explore {seconds:.1f} s ({trials / seconds:.2f} candidates/s), select {selecting:.1f} s")
    print(f"work by part: {statistics.evaluation}")
    print(f"sampler {1e3 * statistics.sampler_seconds / trials:.2f} ms/trial", end=", ")
    print(f"bookkeeping {1e3 * statistics.bookkeeping_seconds / trials:.2f} ms/trial")
    print(f"peak memory, all processes: {memory.bytes / 2**30:.2f} GiB")


if __name__ == "__main__":
    main()
