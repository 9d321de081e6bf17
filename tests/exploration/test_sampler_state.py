import hashlib
import pickle
from pathlib import Path

import pytest

from prototypenas.exploration import sampler_state
from prototypenas.exploration.exploration import explore
from prototypenas.exploration.optuna_sampler import OptunaSampler
from prototypenas.exploration.sampler_state import STATE_FILE, SamplerStates
from prototypenas.testing.stub_task import StubTask
from prototypenas.workers.in_process import InProcess

TRIALS = 160


@pytest.fixture
def often(monkeypatch):
    monkeypatch.setattr(sampler_state, "KEPT_FROM", 50)


def explored(space, directory, trials=TRIALS, sampler="nsga2"):
    found = explore(StubTask(), space=space, trials=trials, sampler=sampler, executor=InProcess(), directory=directory)
    return found.candidates


def cut(directory: Path, lines: int) -> None:
    journal = directory / "candidates.jsonl"
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:lines]))


@pytest.mark.parametrize("sampler", ["nsga2", "nsga3", "tpe", "pymoo-ga"])
@pytest.mark.parametrize("damage", [lambda state: state, lambda state: state[:-9], lambda state: b"", None])
def test_a_continued_exploration_is_the_undisturbed_one_whatever_became_of_the_state(
    often, space, tmp_path, sampler, damage
):
    whole = explored(space, tmp_path / "whole", sampler=sampler)
    explored(space, tmp_path / "cut", trials=120, sampler=sampler)
    state = tmp_path / "cut" / STATE_FILE
    assert state.exists() == (sampler != "pymoo-ga")
    if damage is None:
        state.unlink(missing_ok=True)
    elif state.exists():
        state.write_bytes(damage(state.read_bytes()))
    assert explored(space, tmp_path / "cut", sampler=sampler) == whole


def test_a_state_that_knows_more_than_the_journal_is_not_used(often, space, tmp_path):
    whole = explored(space, tmp_path / "whole")
    explored(space, tmp_path / "cut")
    cut(tmp_path / "cut", 61)
    assert explored(space, tmp_path / "cut") == whole


def test_a_sampler_that_was_kept_is_not_asked_again(often, space, tmp_path, monkeypatch):
    explored(space, tmp_path, trials=120)
    asked = []
    ask = OptunaSampler.ask
    monkeypatch.setattr(OptunaSampler, "ask", lambda self, count: asked.append(count) or ask(self, count))
    explored(space, tmp_path)
    assert sum(asked) <= 50


class Harm:
    def __reduce__(self):
        return Path.touch, (Path("harm"),)


def test_a_pickle_that_would_run_code_is_not_read(often, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    states = SamplerStates(tmp_path / STATE_FILE, {})
    state = pickle.dumps((Harm(), 50, 0))
    identity = hashlib.sha256(b"{}").hexdigest()
    (tmp_path / STATE_FILE).write_bytes(f"{identity} {hashlib.sha256(state).hexdigest()}\n".encode() + state)
    assert states.latest() is None
    assert not (tmp_path / "harm").exists()


def test_few_candidates_keep_no_state(space, tmp_path):
    explored(space, tmp_path, trials=60)
    assert not (tmp_path / STATE_FILE).exists()
