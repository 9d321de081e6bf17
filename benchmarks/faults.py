"""Break a run on purpose, in every way that a machine can, and print what came of it.

    python -m benchmarks.faults --times 100

A small run over all steps is killed at random moments (the whole process tree as `kill -9` of a group does, the
coordinator alone, a single worker); it finds the disk full at its n-th write, for n over all of its writes; and each of
its files is truncated, emptied, flipped in one bit, or deleted. After each fault the same command is given again,
without a fault. An outcome is good if it is that of the undisturbed run, or one line with exit code 2 within
`--seconds`, after which the same command ends as the undisturbed run. Everything else is listed with its seed.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from prototypenas.reporting.console import print_table
from prototypenas.reporting.tables import Table

ROOT = Path(__file__).parent.parent
PARTS = ROOT / "tests" / "plugin_files" / "tiny_parts.py"
COMMAND = (
    *("run", "quarters", "--plugin", str(PARTS), "--architectures", "toy", "--objectives", "flops,snip,mean_gradient"),
    *("--trials", "12", "--target", "my-board", "--keep", "2", "--epochs", "4"),
)
MODELS = "datasets/*/models/*"
RESULTS = ("candidates.csv", "selected.csv", f"{MODELS}/graph_int8.npz", f"{MODELS}/c/weights.c", f"{MODELS}/c/model.c")
"""What must not depend on any fault, byte for byte."""

UNREAD = ("report.html", "figures", "study.db", ".onnx", "/c/", "run.log")
"""Ends of the work that no later step reads: a flipped bit in them cannot be noticed."""

FULL_DISK = Path(__file__).parent / "full_disk.c"
"""Makes the n-th write below a folder, and all after it, find no space left on the device."""

EQUAL, ONE_LINE, UNNOTICED, WRONG = "as undisturbed", "one line, then continued", "not noticed (unread file)", "WRONG"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int | None
    """`None` if it had to be ended."""
    errors: str
    seconds: float


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--times", type=int, default=20, help="faults of each kind")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=120.0, help="bound of each command")
    parser.add_argument("--kinds", default="kills,disk,files", help="kills, disk, files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        harness = Harness(Path(folder), options.jobs, options.seconds)
        outcomes: Counter[tuple[str, str]] = Counter()
        wrong = []
        for name, kind in KINDS.items():
            if name in options.kinds.split(","):
                for fault, outcome, note in kind(harness, options.times, random.Random(options.seed)):
                    outcomes[fault, outcome] += 1
                    wrong += [f"{fault}: {note}"] if outcome == WRONG else []
                    print(f"{fault}: {outcome} {note}", file=sys.stderr, flush=True)
    print_outcomes(outcomes, wrong)


def print_outcomes(outcomes: Counter[tuple[str, str]], wrong: list[str]) -> None:
    """Print how often each fault had which outcome, and all that are wrong."""
    headers = (EQUAL, ONE_LINE, UNNOTICED, WRONG)
    faults = dict.fromkeys(fault for fault, _ in outcomes)
    rows = tuple((fault, *(str(outcomes[fault, outcome]) for outcome in headers)) for fault in faults)
    print_table(Console(width=140), Table(("Fault", *headers), rows))
    for line in wrong:
        print(line)


class Harness:
    """Runs the command, undisturbed and disturbed."""

    def __init__(self, folder: Path, jobs: int, seconds: float) -> None:
        self.folder = folder
        self.jobs = jobs
        self.bound = seconds
        self.whole = folder / "undisturbed"
        ended = self.run(self.whole)
        assert ended.code == 0, ended.errors
        self.seconds = ended.seconds
        self.expected = self.results(self.whole)

    def start(self, out: Path, **environment: str) -> "subprocess.Popen[str]":
        """Start the command in a process group of its own."""
        command = [sys.executable, "-m", "prototypenas", *COMMAND, "--out", str(out), "--jobs", str(self.jobs)]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
            process_group=0,
        )

    def ended(self, process: "subprocess.Popen[str]") -> Ended:
        """Wait for its end, and end it if that does not come."""
        start = time.monotonic()
        try:
            _, errors = process.communicate(timeout=self.bound)
        except subprocess.TimeoutExpired:
            for one in [process.pid, *descendants(process.pid)]:
                kill(one)
            process.communicate()
            return Ended(None, "it did not end", self.bound)
        return Ended(process.returncode, errors, time.monotonic() - start)

    def run(self, out: Path, **environment: str) -> Ended:
        """Run the command and wait for its end."""
        return self.ended(self.start(out, **environment))

    def results(self, out: Path) -> dict[str, bytes]:
        """Read all that must not depend on any fault."""
        files = sorted(file for pattern in RESULTS for file in out.glob(pattern))
        return {str(file.relative_to(out)): file.read_bytes() for file in files}

    def judged(self, out: Path, ended: Ended, *, killed: bool = False) -> tuple[str, str]:
        """Say what came of a fault, and what was wrong; `killed` if the command itself was the victim."""
        if not killed:
            if ended.code == 0:
                return (EQUAL, "") if self.results(out) == self.expected else (WRONG, "other results")
            if ended.code != 2 or len(ended.errors.strip().splitlines()) != 1:
                return WRONG, f"exit code {ended.code}: {ended.errors[-500:]}"
        again = self.run(out)
        if again.code != 0 or self.results(out) != self.expected:
            return WRONG, f"after {ended.errors.strip()[-300:]!r} again {again.code}: {again.errors[-500:]}"
        return (EQUAL if killed else ONE_LINE), ""


Outcomes = Iterator[tuple[str, str, str]]


def kills(harness: Harness, times: int, chance: random.Random) -> Outcomes:
    """Kill at random moments."""
    for number in range(times):
        victim = ("process group", "coordinator", "one worker")[number % 3]
        out = harness.folder / f"kill-{number}"
        moment = chance.uniform(0.0, harness.seconds)
        process = harness.start(out)
        time.sleep(moment)
        children = descendants(process.pid)
        if victim == "process group":
            victims = [process.pid, *children]
        else:
            victims = [process.pid] if victim == "coordinator" else chance.sample(children, min(1, len(children)))
        for one in victims:
            kill(one)
        ended = harness.ended(process)
        outcome, note = harness.judged(out, ended, killed=victim != "one worker")
        yield f"kill -9, {victim}", outcome, f"{note} (after {moment:.2f} s)" if note else ""
        shutil.rmtree(out, ignore_errors=True)


def disk(harness: Harness, times: int, chance: random.Random) -> Outcomes:
    """Find the disk full at the n-th write and ever after."""
    library = harness.folder / "full_disk.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(FULL_DISK), "-ldl"], check=True)
    count = harness.folder / "count"
    shim = {"LD_PRELOAD": str(library), "FULL_DISK_BELOW": str(harness.folder / "disk"), "FULL_DISK_LOG": str(count)}
    harness.run(harness.folder / "disk-whole", **{**shim, "FULL_DISK_AFTER": str(10**9)})
    writes = int(count.read_text()) if count.exists() else 0
    assert writes, "no write was seen"
    for after in sorted(chance.sample(range(writes), min(times, writes))):
        out = harness.folder / f"disk-{after}"
        count.unlink(missing_ok=True)
        ended = harness.run(out, **{**shim, "FULL_DISK_AFTER": str(after)})
        outcome, note = harness.judged(out, ended)
        yield f"disk full, from one of {writes} writes on", outcome, f"{note} (write {after})" if note else ""
        shutil.rmtree(out, ignore_errors=True)


def files(harness: Harness, times: int, chance: random.Random) -> Outcomes:
    """Damage each file of a finished run, or so many of them."""
    names = sorted(str(file.relative_to(harness.whole)) for file in harness.whole.rglob("*") if file.is_file())
    damages = [(name, damage) for name in names for damage in DAMAGES]
    for name, damage in chance.sample(damages, min(times, len(damages))):
        out = harness.folder / "damaged"
        shutil.copytree(harness.whole, out)
        content = DAMAGES[damage]((out / name).read_bytes(), chance)
        (out / name).unlink() if content is None else (out / name).write_bytes(content)
        outcome, note = restored(harness, out, name, harness.run(out))
        yield f"file {damage}", outcome, f"{note} ({name})" if note else ""
        shutil.rmtree(out)


def restored(harness: Harness, out: Path, name: str, ended: Ended) -> tuple[str, str]:
    """Judge a damaged file: what is asked of the user is to remove it, restore it, or start again."""
    if ended.code == 0:
        if harness.results(out) == harness.expected:
            return EQUAL, ""
        unread = any(part in f"/{name}" for part in UNREAD)
        return (UNNOTICED, "") if unread else (WRONG, "damaged results taken")
    if ended.code != 2 or len(ended.errors.strip().splitlines()) != 1:
        return WRONG, f"exit code {ended.code}: {ended.errors[-500:]}"
    shutil.copy(harness.whole / name, out / name)
    again = harness.run(out)
    good = again.code == 0 and harness.results(out) == harness.expected
    return (ONE_LINE, "") if good else (WRONG, f"restored, but {again.errors[-300:]}")


def _flipped(content: bytes, chance: random.Random) -> bytes:
    if not content:
        return b"\x01"
    place = chance.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]


DAMAGES: dict[str, Callable[[bytes, random.Random], bytes | None]] = {
    "truncated": lambda content, chance: content[: chance.randrange(len(content) + 1)],
    "emptied": lambda content, chance: b"",
    "flipped in a bit": _flipped,
    "deleted": lambda content, chance: None,
}

KINDS: dict[str, Callable[[Harness, int, random.Random], Outcomes]] = {"kills": kills, "disk": disk, "files": files}


def descendants(process: int) -> list[int]:
    """List the children of a process and theirs."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False)
    children = [int(number) for number in listed.stdout.split()]
    return [*children, *(below for child in children for below in descendants(child))]


def kill(process: int) -> None:
    """Kill a process that may have ended meanwhile."""
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main()
