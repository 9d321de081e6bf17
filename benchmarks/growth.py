"""How exploring, resuming and reporting grow with the number of candidates.

    python -m benchmarks.growth --trials 100000 --reported 10000

The stub task, which costs nothing, is explored up to half of the trials, taken up by another process, and explored to
the end; so the second process has resumed half and holds all. `prototypenas report` then tells of a run of
`--reported` candidates.
Prints CPU seconds and peak resident memory of each process, which depend little on what else the machine does.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from prototypenas.costing.targets import load_targets
from prototypenas.exploration.exploration import explore
from prototypenas.exploration.space import SearchSpace
from prototypenas.pipeline import select
from prototypenas.reporting.console import print_table
from prototypenas.reporting.tables import Table
from prototypenas.runs.atomic_files import write_json
from prototypenas.runs.records import ExplorationRecord, plain
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.steps import Choice
from prototypenas.testing.stub_task import StubTask
from prototypenas.types import Execution
from prototypenas.workers.in_process import InProcess
from search_spaces import IMAGE_POOL, KERNELS

SPACE = SearchSpace(tuple(IMAGE_POOL), KERNELS)


@dataclass
class CpuAt:
    """Notes the CPU seconds at which an exploration first says something, and when it has come to each tenth."""

    marks: dict[int, float] = field(default_factory=dict)

    def update(self, task: str, completed: float, total: float, note: str = "") -> None:
        """Note a tenth that was not reached before."""
        self.marks.setdefault(int(10 * completed / total), time.process_time())


def explored(directory: Path, trials: int) -> dict[str, Any]:
    """Explore in this process, or go on, and say what it took."""
    began, marks = time.process_time(), CpuAt()
    explore(StubTask(), space=SPACE, trials=trials, executor=InProcess(), directory=directory, progress=marks)
    first = min(marks.marks.values()) - began
    return {**used(began), "until the first new one": first, "marks": {n: at - began for n, at in marks.marks.items()}}


def reported(directory: Path) -> dict[str, Any]:
    """Report on a run by the command, and say what that took, its start included."""
    command = [sys.executable, "-m", "prototypenas", "report", str(directory)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"prototypenas report ended with {status}")
    seconds = used.ru_utime + used.ru_stime
    return {"seconds": seconds, "mebibytes": used.ru_maxrss / 1024, "bytes": (directory / "report.html").stat().st_size}


def used(began: float) -> dict[str, Any]:
    """Return CPU seconds since `began`, and the peak memory of this process."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": time.process_time() - began, "mebibytes": peak / 1024}


def selected_run(directory: Path, trials: int) -> None:
    """Explore and select a run to be reported."""
    run = RunDirectory.create(directory)
    task, target = StubTask(), load_targets()["stm32f746"]
    limits, goals = task.budget, task.goals
    record = ExplorationRecord(
        target.name,
        target.core,
        target.clock_hz,
        (3, 32, 32),
        10,
        limits.ram_bytes,
        limits.rom_bytes,
        limits.flops,
        limits.more,
        goals.objectives,
        Execution.AUTO.value,
    )
    run.bind({**plain(record), "space": SPACE.identity()})
    exploration = explore(task, space=SPACE, trials=trials, executor=InProcess(), directory=directory)
    statistics = exploration.statistics
    write_json(run.exploration_json, {**asdict(statistics), "summary": statistics.summary()})
    select(run, Choice(keep=3))


def in_a_process(step: str, directory: Path, trials: int) -> dict[str, Any]:
    """Do a step in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.growth", "--step", step, "--out", str(directory)]
    done = subprocess.run([*command, "--trials", str(trials)], stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--reported", type=int, default=10_000)
    parser.add_argument("--step", choices=STEPS, help="only this step, in this process, below --out")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(STEPS[options.step](options.out, options.trials)))
        return
    with tempfile.TemporaryDirectory() as folder:
        half, whole = options.trials // 2, options.trials
        first = in_a_process("explore", Path(folder) / "large", half)
        second = in_a_process("explore", Path(folder) / "large", whole)
        in_a_process("prepare", Path(folder) / "reported", options.reported)
        page = reported(Path(folder) / "reported")
    rows = (
        (f"explore {half:,}", f"{first['seconds']:.1f}", f"{first['mebibytes']:.0f}", ""),
        (f"resume {half:,}", f"{second['until the first new one']:.1f}", "", ""),
        (f"resume and explore to {whole:,}", f"{second['seconds']:.1f}", f"{second['mebibytes']:.0f}", ""),
        (f"report {options.reported:,}", f"{page['seconds']:.1f}", f"{page['mebibytes']:.0f}", f"{page['bytes']:,}"),
    )
    print_table(Console(width=120), Table(("Step", "CPU seconds", "Peak memory [MiB]", "Page [bytes]"), rows))
    for name, marks in (("first half", first["marks"]), ("second half", second["marks"])):
        print(f"{name}, CPU seconds at each tenth: {', '.join(f'{at:.1f}' for at in marks.values())}")


STEPS = {"explore": explored, "prepare": selected_run}

if __name__ == "__main__":
    main()
