"""The run directory survives a killed process, and tells which of its files was damaged."""

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from evaluators.training import keeper
from evaluators.training.checkpoints import save_state
from prototypenas.command_line.main import app
from prototypenas.progress import Silent
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.steps import Training
from prototypenas.training.model_trainings import evaluate_one
from prototypenas.types import Candidate, Configuration, GroupConfiguration
from prototypenas.workers.threads import computing_threads
from tests.dask_processes import dask_cluster

ROOT = Path(__file__).parent.parent
PARTS = str(Path(__file__).parent / "plugin_files" / "tiny_parts.py")
EPOCHS = 4
COMMAND = (
    *("run", "quarters", "--plugin", PARTS, "--architectures", "toy", "--objectives", "flops,snip,mean_gradient"),
    *("--trials", "12", "--target", "my-board", "--keep", "2", "--epochs", str(EPOCHS)),
)
DEADLINE = 120.0


def finish(out: Path, *options: str, jobs: int = 1) -> None:
    result = CliRunner().invoke(app, [*COMMAND, "--out", str(out), "--jobs", str(jobs), *options])
    assert result.exit_code == 0, result.output


def start(out: Path, jobs: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "prototypenas", *COMMAND, "--out", str(out), "--jobs", str(jobs)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def kill_when(moment: Callable[[Path], bool], out: Path, jobs: int) -> None:
    """Start the command and kill it, as `kill -9` does, as soon as the moment has come."""
    process = start(out, jobs)
    deadline = time.monotonic() + DEADLINE
    while not moment(out):
        assert process.poll() is None, process.communicate()[0].decode()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def lines_of(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


def exploring(out: Path) -> bool:
    return lines_of(out / "candidates.jsonl") >= 4


def training(out: Path) -> bool:
    """Header, and one of the epochs."""
    return any(lines_of(file) >= 2 for file in out.glob("datasets/*/models/*/history.csv"))


def deploying(out: Path) -> bool:
    return any(out.glob("datasets/*/models/*/c/model.c"))


def results_of(out: Path) -> dict[str, object]:
    """Everything of a run that must not depend on how often it was interrupted, or on how many jobs worked on it."""
    metrics = {}
    for file in sorted(out.glob("datasets/*/models/*/metrics.json")):
        content = json.loads(file.read_text())
        metrics[file.parent.name] = {name: value for name, value in content.items() if name != "seconds"}
    selection = json.loads((out / "selection.json").read_text())
    return {
        "candidates": (out / "candidates.csv").read_bytes(),
        "selected": (out / "selected.csv").read_bytes(),
        "chosen": selection["chosen"],
        "metrics": metrics,
        "c": {
            file.parent.parent.name: file.read_bytes() for file in sorted(out.glob("datasets/*/models/*/c/weights.c"))
        },
    }


def epochs_of(out: Path) -> dict[Path, list[tuple[str, str]]]:
    """Epoch and the seconds it took: an epoch trained again would have taken other seconds."""
    rows = {}
    for file in out.glob("datasets/*/models/*/history.csv"):
        with file.open(newline="") as stream:
            rows[file] = [(row["epoch"], row["seconds"]) for row in csv.DictReader(stream)]
    return rows


def children_of(process: int) -> set[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False)
    return {int(number) for number in listed.stdout.split()}


def alive(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("uninterrupted") / "run"
    finish(out)
    return out


def check_continued(out: Path, uninterrupted: Path, jobs: int = 1) -> None:
    journal = (out / "candidates.jsonl").read_bytes()
    before = epochs_of(out)
    finish(out, jobs=jobs)
    assert (out / "candidates.jsonl").read_bytes().startswith(journal[: journal.rfind(b"\n") + 1])
    assert results_of(out) == results_of(uninterrupted)
    after = epochs_of(out)
    undisturbed = {file.relative_to(uninterrupted): rows for file, rows in epochs_of(uninterrupted).items()}
    assert any(len(rows) == EPOCHS for rows in undisturbed.values())
    for file, rows in after.items():
        assert [epoch for epoch, _ in rows] == [epoch for epoch, _ in undisturbed[file.relative_to(out)]]
    for file, rows in before.items():
        assert after[file][: len(rows)] == rows, "a finished epoch was trained again"


@pytest.mark.slow
def test_a_run_killed_in_training_continues_and_ends_as_if_it_never_was(uninterrupted, tmp_path):
    out = tmp_path / "run"
    kill_when(training, out, 1)
    check_continued(out, uninterrupted)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_killed_again_and_again_ends_as_if_it_never_was(jobs, uninterrupted, tmp_path):
    out = tmp_path / "run"
    for moment in (lambda out: (out / "run.json").exists(), exploring, training, deploying):
        kill_when(moment, out, jobs)
    check_continued(out, uninterrupted, jobs)


@pytest.mark.slow
def test_training_processes_end_with_a_killed_run(tmp_path):
    out = tmp_path / "run"
    process = start(out, 2)
    seen: set[int] = set()
    deadline = time.monotonic() + DEADLINE
    while not training(out):
        seen |= children_of(process.pid)
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    seen |= children_of(process.pid)
    assert len(seen) >= 4, "two explored, two trained"
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 10.0
    while any(alive(child) for child in seen) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [child for child in seen if alive(child)]
    files = {file: file.stat().st_mtime_ns for file in out.rglob("*")}
    time.sleep(1.0)
    assert {file: file.stat().st_mtime_ns for file in out.rglob("*")} == files


def test_a_training_computes_on_the_threads_that_are_recorded(tmp_path):
    class CountsThreads:
        def evaluate(self, *_, **__):
            return torch.get_num_threads()

    candidate = Candidate(0, Configuration("toy", 1.0, (GroupConfiguration(),) * 4))
    run = RunDirectory.create(tmp_path)
    run.bind({})
    for around, threads in ((3, 1), (1, 2)):
        training = Training("any", CountsThreads(), {"toy": None}, {}, threads=threads)
        assert training.recorded()["threads"] == threads
        with computing_threads(around):
            assert evaluate_one(training, candidate, run.dataset("any"), Silent()) == threads


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_neither_jobs_nor_the_threads_around_change_a_result(jobs, uninterrupted, tmp_path):
    with computing_threads(1 + jobs):
        finish(tmp_path / "run", jobs=jobs)
    assert results_of(tmp_path / "run") == results_of(uninterrupted)


@pytest.mark.slow
def test_a_run_directory_deleted_in_training_ends_in_one_line_and_the_command_begins_anew(
    uninterrupted, tmp_path, monkeypatch
):
    out = tmp_path / "run"

    def vanishing(state, path):
        shutil.rmtree(out)
        return save_state(state, path)

    monkeypatch.setattr(keeper, "save_state", vanishing)
    result = CliRunner().invoke(app, [*COMMAND, "--out", str(out), "--jobs", "1"])
    assert result.exit_code == 2, result.output
    assert len(result.stderr.strip().splitlines()) == 1 and str(out) in result.stderr
    monkeypatch.undo()
    shutil.rmtree(out)
    finish(out)
    assert results_of(out) == results_of(uninterrupted)


@pytest.mark.slow
def test_dask_workers_end_as_one_job_does(uninterrupted, tmp_path):
    with dask_cluster(tmp_path, workers=2) as cluster:
        finish(tmp_path / "run", "--scheduler", cluster.address)
    assert results_of(tmp_path / "run") == results_of(uninterrupted)


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"", b"number,architecture\n", None])
def test_a_damaged_table_is_named_and_the_same_command_writes_it_anew(content, uninterrupted, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(uninterrupted, out)
    (out / "candidates.csv").unlink()
    if content is not None:
        (out / "candidates.csv").write_bytes(content)
    refused = CliRunner().invoke(app, ["select", str(out)])
    assert refused.exit_code == 2 and "`prototypenas explore`" in refused.stderr
    finish(out)
    assert results_of(out) == results_of(uninterrupted)


GARBAGE = b"\x00\xff\x80PK\x03\x04\n"
EMPTY = b"{}\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damaged", "redone", "content"),
    [
        ("run.json", (), GARBAGE),
        ("run.json", (), EMPTY),
        ("candidates.jsonl", ("exploration.json",), GARBAGE),
        ("candidates.jsonl", ("exploration.json",), EMPTY),
        ("study.db", ("exploration.json",), GARBAGE),
        ("selection.json", (), GARBAGE),
        ("selection.json", (), EMPTY),
        ("datasets/*/models/*/metrics.json", (), GARBAGE),
        ("datasets/*/models/*/metrics.json", (), EMPTY),
        ("datasets/*/models/*/history.csv", (), GARBAGE),
        ("datasets/*/models/*/last.pt", ("datasets/*/models/*/metrics.json",), GARBAGE),
        ("datasets/*/models/*/checkpoint.pt", ("datasets/*/models/*/metrics.json",), GARBAGE),
        ("datasets/*/models/*/graph_int8.npz", (), GARBAGE),
        ("datasets/*/models/*/delivery.json", (), GARBAGE),
        ("datasets/*/models/*/delivery.json", (), EMPTY),
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(damaged, redone, content, uninterrupted, tmp_path):
    """`redone` are removed, so that the step which reads the damaged file is not finished."""
    out = tmp_path / "run"
    shutil.copytree(uninterrupted, out, ignore=shutil.ignore_patterns("c", "figures", "*.onnx"))
    for pattern in redone:
        next(iter(sorted(out.glob(pattern)))).unlink()
    file = next(iter(sorted(out.glob(damaged))))
    file.write_bytes(content)
    result = CliRunner().invoke(app, [*COMMAND, "--out", str(out), "--jobs", "1"])
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == 2, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    assert str(file) in lines[0]
    assert any(advice in lines[0] for advice in ("remove it", "delete", "again", "restore", "--out")), lines[0]
