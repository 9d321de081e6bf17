"""Do the tests notice when a promise is broken? One small change of the code each, and the tests that must fail of it.

    python -m benchmarks.mutations [--only NAME ...]

Copies the checkout, breaks one promise after the other in the copy, and runs the tests named beside it. Prints a
Markdown table and ends with exit code 1 if a mutant survives. About ten CPU seconds a mutant, most of them imports.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
FAILED = 1
"""Exit code of pytest where tests failed; others say that they could not be run."""


@dataclass(frozen=True)
class Mutant:
    """One broken promise."""

    promise: str
    file: str
    before: str
    """Stands exactly once in the file."""
    after: str
    tests: tuple[str, ...]


MUTANTS: Mapping[str, Mutant] = {
    "sense": Mutant(
        "scores are maximised by every sampler",
        "prototypenas/exploration/outcome.py",
        "one.oriented(one.value(candidate))",
        "one.value(candidate)",
        ("tests/exploration/test_outcome.py",),
    ),
    "limit": Mutant(
        "what exactly meets a limit fits",
        "prototypenas/objectives.py",
        "if self.excess(cost) <= 0:",
        "if self.excess(cost) < 0:",
        ("tests/test_objectives.py",),
    ),
    "least": Mutant(
        "the limit of a maximised cost is its least value",
        "prototypenas/objectives.py",
        "return share - 1.0 if self.objective.minimised else 1.0 - share",
        "return share - 1.0",
        ("tests/test_objectives.py",),
    ),
    "reject-first": Mutant(
        "no proxy runs on what does not fit",
        "prototypenas/exploration/candidate_evaluation.py",
        "return priced if isinstance(priced, Invalid | Rejected) else task.score(priced, unheard).candidate",
        "return task.score(priced, unheard).candidate",
        ("tests/exploration/test_candidate_evaluation.py",),
    ),
    "calibration": Mutant(
        "calibration never reads test data",
        "evaluators/classification.py",
        "        samples = self.data.train\n",
        "        samples = self.data.test\n",
        ("tests/evaluators/test_classification.py",),
    ),
    "probe": Mutant(
        "the probe never reads test data",
        "evaluators/data_task.py",
        "self.train.at(places[-1:]), (self.train.at(first), self.train.at(second))",
        "self.test.at(places[-1:] % 9), (self.test.at(first % 9), self.test.at(second % 9))",
        ("tests/evaluators/test_classification.py", "tests/evaluators/test_data_task.py"),
    ),
    "space": Mutant(
        "a resumed space equals the recorded one",
        "prototypenas/exploration/exploration.py",
        '"sampler_seed": seed, **space.identity()}',
        '"sampler_seed": seed}',
        ("tests/exploration/test_exploration.py",),
    ),
    "journal": Mutant(
        "a changed digit of the journal is noticed",
        "prototypenas/exploration/journal.py",
        "if entry.pop(CHECK, None) != _check(entry):",
        "if entry.pop(CHECK, None) is None:",
        ("tests/exploration/test_journal.py",),
    ),
    "twins": Mutant(
        "equal networks are scored once",
        "prototypenas/exploration/generation.py",
        "owner = self._owners.setdefault(_network(candidate), candidate)",
        "owner = self._owners[network] = candidate",
        ("tests/exploration/test_exploration.py",),
    ),
    "front": Mutant(
        "of equal points of the front one counts",
        "prototypenas/selection/pareto.py",
        "np.flatnonzero(moocore.is_nondominated(values))",
        "np.flatnonzero(moocore.is_nondominated(values, keep_weakly=True))",
        ("tests/selection/test_pareto.py",),
    ),
    "leader": Mutant(
        "the model expected to be the most accurate is always chosen",
        "prototypenas/selection/subset_selection.py",
        "searched = spaces if leader is None else with_leader(spaces, leader)",
        "searched = spaces",
        ("tests/selection/test_subset_selection.py",),
    ),
    "pruning": Mutant(
        "pruning removes the least important channels",
        "prototypenas/compression/pruning.py",
        "order = torch.argsort(_scores(group, dimension, importance), stable=True)",
        "order = torch.argsort(_scores(group, dimension, importance), stable=True, descending=True)",
        ("tests/compression/test_pruning.py",),
    ),
    "multiplier": Mutant(
        "a multiplier that rounds up to 2^31 is halved",
        "prototypenas/graph/requantization.py",
        "shift = np.where(rounded_up, shift - 1, shift)",
        "shift = np.where(rounded_up, shift, shift)",
        ("tests/graph/test_requantization.py",),
    ),
    "comparison": Mutant(
        "C that differs from the simulator in one sample is refused",
        "prototypenas/deployment/delivery.py",
        "    if differing:",
        "    if differing > len(outputs):",
        ("tests/deployment/test_delivery.py",),
    ),
    "groups": Mutant(
        "validation holds out whole groups",
        "evaluators/training/validation.py",
        "    if data.train_groups is None:",
        "    if True:",
        ("tests/evaluators/training/test_validation.py",),
    ),
    "whole-files": Mutant(
        "a file is written whole or not at all",
        "prototypenas/runs/atomic_files.py",
        "draft = file.with_name(file.name + DRAFT)",
        "draft = file",
        ("tests/runs/test_atomic_files.py",),
    ),
    "lock": Mutant(
        "one process at a time changes a run",
        "prototypenas/runs/lock.py",
        "fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)",
        ("tests/runs/test_lock.py",),
    ),
    "arguments": Mutant(
        "a run is not continued with other arguments",
        "prototypenas/runs/run_directory.py",
        "        if changed:\n            raise RunDirectoryError(",
        "        if not changed:\n            raise RunDirectoryError(",
        ("tests/runs/test_run_directory.py",),
    ),
    "traces": Mutant(
        "a proxy that changes the network is found out",
        "prototypenas/testing/proxy.py",
        "changes = list(network.differences())",
        "changes: list[str] = []",
        ("tests/testing/test_proxy.py",),
    ),
    "latency": Mutant(
        "a limit on latency is refused where there is no estimate",
        "prototypenas/costing/latency.py",
        "if target.core not in CYCLE_MODELS and target.measured_cycles is None:",
        "if target.core in ():",
        ("tests/costing/test_latency.py",),
    ),
    "kernels": Mutant(
        "every kernel of every architecture is searched",
        "prototypenas/exploration/space.py",
        "offered[place * len(offered) // places]",
        "offered[0]",
        ("tests/exploration/test_space.py",),
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests of each mutant and print which survive."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=MUTANTS, default=list(MUTANTS))
    names = parser.parse_args(arguments).only
    survivors = 0
    print("| promise | changed | tests | mutant |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        copy = copied(Path(folder) / "checkout")
        for name in names:
            mutant = MUTANTS[name]
            killed = is_killed(mutant, copy)
            survivors += not killed
            verdict = "killed" if killed else "**survives**"
            print(f"| {mutant.promise} | `{mutant.file}` | `{'`, `'.join(mutant.tests)}` | {verdict} |", flush=True)
    print(f"\n{len(names) - survivors} of {len(names)} killed.")
    return 1 if survivors else 0


def is_killed(mutant: Mutant, copy: Path) -> bool:
    """Break the promise in the copy, and see whether its tests fail; the copy is whole again afterwards.

    Raises:
        RuntimeError: if the tests cannot be run at all.
    """
    file = copy / mutant.file
    text = file.read_text()
    if text.count(mutant.before) != 1:
        raise RuntimeError(f"{mutant.file} holds {mutant.before!r} {text.count(mutant.before)} times, not once")
    file.write_text(text.replace(mutant.before, mutant.after))
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", *mutant.tests]
    try:
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    finally:
        file.write_text(text)
    if done.returncode not in (0, FAILED):
        raise RuntimeError(f"the tests of {mutant.file} cannot be run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode == FAILED


def copied(place: Path) -> Path:
    """Copy the checkout's files, without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes((ROOT / name).read_bytes())
    return place


if __name__ == "__main__":
    sys.exit(main())
