"""The search: the same in one go and in two, tables beside the state, faults refused before any work."""

import csv
from dataclasses import replace

import pytest
import torch

from evaluators.proxyless.search_plan import SearchPlan
from prototypenas.errors import ConfigurationError, RunDirectoryError
from prototypenas.progress import Silent
from tests.evaluators.proxyless.planted import few_digits, small_search, supernet_of

PLAN = SearchPlan(warmup_epochs=1, joint_epochs=2, architecture_every=2, batch_size=32)


class Stopped(Exception):
    """Stands for a process that is killed."""


class StopsAfter(Silent):
    def __init__(self, epochs):
        self.epochs = epochs

    def update(self, task, completed, total, note=""):
        if completed == self.epochs:
            raise Stopped


def run(search, directory, *, seed=0, progress=None):
    with torch.random.fork_rng():
        return search.run(
            supernet_of(seed), directory=directory, seed=seed, device="cpu", progress=progress or Silent()
        )


def test_an_interrupted_search_arrives_at_the_same_bits(tmp_path):
    search = small_search(PLAN)
    whole = run(search, tmp_path / "whole")
    with pytest.raises(Stopped):
        run(search, tmp_path / "parts", progress=StopsAfter(2))
    torch.rand(5)
    parts = run(search, tmp_path / "parts")
    assert (parts.choices, parts.cost, parts.expected_cost) == (whole.choices, whole.cost, whole.expected_cost)
    tables = [(tmp_path / name / "alpha.csv").read_bytes() for name in ("whole", "parts")]
    assert tables[0] == tables[1]
    states = [torch.load(tmp_path / name / "search.pt", weights_only=True) for name in ("whole", "parts")]
    for name, value in states[0]["network"].items():
        assert torch.equal(value, states[1]["network"][name])
    with (tmp_path / "whole" / "history.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["phase"] for row in rows] == ["warm-up", "joint", "joint"]
    assert [bool(row["held_out_loss"]) for row in rows] == [False, False, True]
    with (tmp_path / "whole" / "alpha.csv").open() as stream:
        chances = [float(row["probability"]) for row in csv.DictReader(stream) if row["epoch"] == "3"]
    assert sum(chances) == pytest.approx(6) and len(chances) == 2 + 3 + 2 + 2 + 2 + 3
    with pytest.raises(RunDirectoryError, match="other data or arguments"):
        run(search, tmp_path / "whole", seed=1)
    (tmp_path / "whole" / "search.pt").write_bytes(b"half")
    with pytest.raises(RunDirectoryError, match="is damaged"):
        run(search, tmp_path / "whole")


def test_faults_are_refused_before_any_work(tmp_path):
    with pytest.raises(ConfigurationError, match="the networks of this space take"):
        run(small_search(PLAN, reference=1e6), tmp_path)
    task = few_digits()
    lacking = task.data.train.at(torch.nonzero(task.data.train.targets != 3).flatten())
    search = replace(small_search(PLAN), task=replace(task, data=replace(task.data, train=lacking)))
    with pytest.raises(ConfigurationError, match="no sample of 3 is in the part of digits that is learnt from"):
        run(search, tmp_path)
    assert not list(tmp_path.iterdir())
