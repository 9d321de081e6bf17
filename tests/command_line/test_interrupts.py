"""Ctrl-C as a terminal sends it, at any time."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = str(ROOT / "tests" / "plugin_files" / "tiny_parts.py")
RUN = (
    *("run", "quarters", "--plugin", PARTS, "--architectures", "toy", "--objectives", "flops,snip", "--trials", "500"),
    *("--target", "my-board", "--keep", "2", "--epochs", "500", "--jobs", "2"),
)


def interrupted(arguments, ready, times=1):
    """Start the program, send it interrupts once it is ready, and give exit code and stderr."""
    process = subprocess.Popen(
        [sys.executable, "-m", "prototypenas", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    deadline = time.monotonic() + 120
    while not ready(process) and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.02)
    _, errors = process.communicate(timeout=30)
    return process.returncode, errors


def imports(process, name):
    """Whether the program has opened a library of that name."""
    return name in Path(f"/proc/{process.pid}/maps").read_text()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
@pytest.mark.parametrize(
    ("command", "library"),
    [
        (("list", "targets"), "_ctypes"),
        (("measure", "mbednet"), "_multiarray_umath"),
        (("measure", "mbednet"), "torch_cpu"),
    ],
)
def test_an_interrupt_while_importing_is_one_line(command, library):
    code, errors = interrupted(command, lambda process: imports(process, library))
    assert (code, errors) == (130, "interrupted; the same command continues\n")


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 2, 5])
def test_interrupts_of_a_run_are_one_line_however_many(times, tmp_path):
    out = tmp_path / "run"
    journal = out / "candidates.jsonl"

    def explores(process):
        return journal.exists() and journal.read_bytes().count(b"\n") > 5

    code, errors = interrupted([*RUN, "--out", str(out)], explores, times)
    assert (code, errors) == (130, "interrupted; the same command continues\n")


@pytest.mark.slow
def test_an_interrupted_training_is_one_line(tmp_path):
    out = tmp_path / "run"
    arguments = [*RUN, "--trials", "6", "--jobs", "1", "--out", str(out)]
    code, errors = interrupted(arguments, lambda process: any(out.glob("datasets/*/models/*/history.csv")), 2)
    assert (code, errors) == (130, "interrupted; the same command continues\n")
