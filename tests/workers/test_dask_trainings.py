"""Trainings on real Dask workers, over TCP on loopback."""

import functools
import json
import shutil
import signal
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from prototypenas import pipeline
from prototypenas.command_line.main import app
from prototypenas.costing.targets import load_targets
from prototypenas.errors import RunDirectoryError
from prototypenas.plugins import load_plugin_file
from prototypenas.progress import Silent
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.steps import Machine, Training
from prototypenas.training.model_trainings import evaluate_one
from prototypenas.training.trainings import train_all
from prototypenas.workers.dask_workers import DaskWorkers
from prototypenas.workers.in_process import InProcess
from tests.dask_processes import Cluster, dask_cluster, wait_for

PARTS = Path(__file__).parents[1] / "plugin_files" / "tiny_parts.py"


class Listener:
    """Hears progress, and does something once when a model has come far enough."""

    def __init__(self, then, epochs=3):
        self.heard = []
        self._then = then
        self._epochs = epochs

    def update(self, task, completed, total, note=""):
        self.heard.append((task, completed, total, note))
        if self._then is not None and completed >= self._epochs:
            then, self._then = self._then, None
            then()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with dask_cluster(tmp_path_factory.mktemp("cluster"), workers=2, gpus=1) as running:
        yield running


@pytest.fixture(scope="module")
def explored(tmp_path_factory) -> Path:
    """A run whose two models wait to be trained."""
    out = tmp_path_factory.mktemp("explored") / "run"
    size = ("--input", "1x16x16", "--classes", "4", "--architectures", "toy", "--objectives", "flops,snip")
    explore = ("explore", *size, "--plugin", str(PARTS), "--trials", "6", "--jobs", "1", "--out", str(out))
    for command in (explore, ("select", str(out), "--keep", "2")):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, result.output
    return out


@pytest.fixture
def selected(explored, tmp_path):
    """Copy it."""

    def copied(name: str) -> RunDirectory:
        shutil.copytree(explored, tmp_path / name)
        return RunDirectory.open(tmp_path / name)

    return copied


def train(run, pool, progress, epochs=80):
    from evaluators.classification import classification_evaluator
    from evaluators.training.suitable_recipe import RecipeOptions

    plugin = load_plugin_file(PARTS)
    options = RecipeOptions(epochs=epochs, early_stopping=0)
    evaluator = classification_evaluator(plugin.datasets["quarters"].load(None), options)
    training = Training("quarters", evaluator, plugin.baselines, {}, plugins=(plugin.source,))
    pipeline.evaluate(run.dataset("quarters"), training, load_targets()["stm32f746"], Machine(trainings=pool), progress)


def scores_of(run):
    files = sorted(run.path.glob("datasets/*/models/*/metrics.json"))
    assert len(files) == 2
    contents = [json.loads(file.read_text()) for file in files]
    return [{name: value for name, value in content.items() if name != "seconds"} for content in contents]


@pytest.mark.slow
def test_a_training_nobody_waits_for_stops(selected, cluster: Cluster):
    run = selected("given up")

    def give_up():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(run, DaskWorkers(cluster.address), Listener(give_up), epochs=4000)

    def still():
        files = {file: file.stat().st_mtime_ns for file in run.path.rglob("*")}
        time.sleep(1.0)
        return files == {file: file.stat().st_mtime_ns for file in run.path.rglob("*")}

    wait_for(still, seconds=20)
    assert max(len(file.read_text().splitlines()) for file in run.path.glob("datasets/*/models/*/history.csv")) < 4000


@pytest.mark.slow
def test_an_error_of_ours_comes_back_and_a_missing_gpu_is_told(selected, cluster: Cluster, tmp_path):
    blind = functools.partial(evaluate_one, None, None, RunDirectory(tmp_path / "not shared").dataset("x"))
    with pytest.raises(RunDirectoryError, match=r"does not see .*not shared"):
        train_all(DaskWorkers(cluster.address), {"blind": blind}, plugins=(), progress=Silent())
    listener = Listener(_interrupt, epochs=0)
    with pytest.raises(KeyboardInterrupt):
        train_all(DaskWorkers(cluster.address, gpus=2), {"any": print}, plugins=(), progress=listener)
    assert listener.heard == [("workers", 0, 1, 'no worker yet; start one with --resources "GPU=2"')]


@pytest.mark.slow
def test_a_lost_workers_training_continues_elsewhere_and_all_end_as_one_after_the_other(selected, cluster: Cluster):
    """Comes last, for it leaves one worker."""
    run = selected("on workers")
    before: dict[Path, list[str]] = {}

    def kill():
        cluster.workers[0].send_signal(signal.SIGKILL)
        cluster.workers[0].wait()
        before.update(
            {file: file.read_text().splitlines() for file in run.path.glob("datasets/*/models/*/history.csv")}
        )

    listener = Listener(kill)
    train(run, DaskWorkers(cluster.address, gpus=1), listener)
    assert len({task for task, *_ in listener.heard}) == 2
    assert {(completed, total) for _, completed, total, _ in listener.heard} >= {(80, 80)}
    assert any(4 <= len(lines) < 81 for lines in before.values()), "the kill came in the middle"
    for file, lines in before.items():
        assert file.read_text().splitlines()[: len(lines)] == lines, "a finished epoch was trained again"
    alone = selected("alone")
    train(alone, InProcess(), Silent())
    assert scores_of(run) == scores_of(alone)


def _interrupt():
    raise KeyboardInterrupt
