"""How long an exploration takes, where the time goes, and what the bookkeeping costs.

    python -m benchmarks.exploration_speed real --jobs 2          500 candidates, whole image pool, 3x128x128
    python -m benchmarks.exploration_speed stub --trials 5000     the same loop around a task that costs nothing

Prints wall time from start to `candidates.csv` and the selection, seconds by part, candidates per second, and the peak
memory of the coordinator and of its largest worker.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

from prototypenas.deployment.targets import load_targets
from prototypenas.exploration.candidate_evaluation import ExplorationTask, Task
from prototypenas.exploration.executors import InProcess
from prototypenas.exploration.exploration import Exploration, explore
from prototypenas.exploration.process_pool import LocalProcesses
from prototypenas.exploration.space import SearchSpace
from prototypenas.selection import select
from prototypenas.testing.stub_task import StubTask
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
    with tempfile.TemporaryDirectory() as scratch:
        exploration, seconds, selecting = timed(task, arguments, arguments.out or Path(scratch))
    statistics = exploration.statistics
    trials = len(exploration.candidates)
    own, largest = (
        resource.getrusage(who).ru_maxrss / 2**20 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(statistics.summary())
    print(f"wall: explore {seconds:.1f} s ({trials / seconds:.2f} candidates/s), select {selecting:.1f} s")
    print(f"work by part: {statistics.evaluation}")
    print(f"sampler {1e3 * statistics.sampler_seconds / trials:.2f} ms/trial", end=", ")
    print(f"bookkeeping {1e3 * statistics.bookkeeping_seconds / trials:.2f} ms/trial")
    print(f"peak memory: coordinator {own:.2f} GiB, largest worker {largest:.2f} GiB")


if __name__ == "__main__":
    main()
