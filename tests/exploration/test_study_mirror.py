import os
import tempfile
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from prototypenas.errors import ConfigurationError, RunDirectoryError
from prototypenas.exploration import study_mirror, trial_tables
from prototypenas.exploration.candidate_evaluation import evaluate_candidate
from prototypenas.exploration.outcome import constraints_of, outcome_of
from prototypenas.exploration.samplers import create_sampler
from prototypenas.exploration.study_mirror import StudyMirror, file_storage
from prototypenas.testing.stub_task import StubTask
from prototypenas.types import Scored
from tests.exploration.postgresql import PROGRAMS, postgresql

TASK = StubTask()


@pytest.fixture
def candidates(space):
    configurations = create_sampler("random", space, goals=TASK.goals, population=20, seed=1).ask(20)
    return [evaluate_candidate(number, each, TASK) for number, each in enumerate(configurations)]


def mirrored(url, space, batches, goals=TASK.goals):
    done = []
    for batch in batches:
        mirror = StudyMirror(url, name="run", space=space, goals=goals)
        done += batch
        mirror.follow(done)
        mirror.close()
    storage = optuna.storages.RDBStorage(url, engine_kwargs={"poolclass": NullPool})
    return optuna.load_study(study_name="run", storage=storage)


def assert_equal(study, candidates, space):
    assert study.metric_names == ["flops", *TASK.proxy_names]
    assert [direction.name for direction in study.directions] == ["MINIMIZE", *["MAXIMIZE"] * 4]
    trials = study.trials
    assert [trial.number for trial in trials] == [candidate.number for candidate in candidates]
    for trial, candidate in zip(trials, candidates, strict=True):
        outcome = outcome_of(candidate, TASK.goals)
        assert space.configuration(trial.params) == candidate.configuration
        assert {name: trial.constraints[name] for name in outcome.violations} == dict(outcome.violations)
        assert trial.state == (TrialState.COMPLETE if isinstance(candidate, Scored) else TrialState.PRUNED)
        natural = [candidate.cost.flops, *candidate.scores.values()] if isinstance(candidate, Scored) else None
        assert trial.values == natural and (natural is None) == (outcome.objectives is None)
        assert trial.user_attrs.get("digest") == getattr(candidate, "digest", None)
        assert ("rejection" in trial.user_attrs) != isinstance(candidate, Scored)


def test_optuna_reads_back_every_trial(tmp_path, space, candidates):
    url = f"sqlite:///{tmp_path}/study.db"
    study = mirrored(url, space, [candidates[:7], candidates[7:]])
    assert_equal(study, candidates, space)
    assert study.best_trials
    for trial in study.trials:
        read_by_dashboard = trial.system_attrs["constraints"]
        assert read_by_dashboard == [trial.constraints[name] for name in constraints_of(TASK.goals)]


def test_any_path_is_a_place_for_a_study(tmp_path, space, candidates):
    odd = tmp_path / "what? {0} [50%]#"
    odd.mkdir()
    mirrored(file_storage(odd), space, [candidates[:2]])
    assert [file.name for file in odd.iterdir()] == ["study.db"]
    assert [folder.name for folder in tmp_path.iterdir()] == [odd.name]


class Restarted:
    """Tables on a server that is away for some calls; one batch is written though nobody hears of it."""

    def __init__(self, tables, away):
        self.tables = tables
        self.away = away

    def append(self, first, rows):
        self.away -= 1
        if self.away >= 0:
            if self.away == 0:
                self.tables.append(first, rows)
            raise OperationalError("INSERT", {}, ConnectionResetError("the server went away"))
        self.tables.append(first, rows)

    def count(self):
        return self.tables.count()

    def close(self):
        self.tables.close()


def test_a_server_that_is_away_for_a_while_gets_every_trial_once(tmp_path, space, candidates, monkeypatch):
    mirror = StudyMirror(file_storage(tmp_path), name="run", space=space, goals=TASK.goals)
    mirror._url = "postgresql://somewhere"
    mirror._tables = Restarted(mirror._tables, away=2)
    mirror.follow(candidates[:5])
    assert mirror.length == 0, "it was away, and the run went on"
    mirror.follow(candidates[:10], patiently=True)
    mirror.follow(candidates, patiently=True)
    mirror.close()
    assert_equal(mirrored(file_storage(tmp_path), space, []), candidates, space)


def test_a_server_that_stays_away_ends_the_run_in_one_line(tmp_path, space, candidates, monkeypatch):
    monkeypatch.setattr(study_mirror, "PATIENCE_SECONDS", 0.0)
    mirror = StudyMirror(file_storage(tmp_path), name="run", space=space, goals=TASK.goals)
    mirror._url = "postgresql://somewhere"
    mirror._tables = Restarted(mirror._tables, away=100)
    mirror.follow(candidates)
    with pytest.raises(RunDirectoryError, match=r"went away; when it is back, the same command continues$"):
        mirror.follow(candidates, patiently=True)
    mirror.close()


def test_an_unknown_schema_is_written_by_optuna_itself(tmp_path, space, candidates, monkeypatch):
    monkeypatch.setattr(trial_tables, "CHECKED_SCHEMAS", ())
    assert_equal(mirrored(f"sqlite:///{tmp_path}/study.db", space, [candidates[:3]]), candidates[:3], space)


def test_a_study_of_other_objectives_is_refused(tmp_path, space, candidates):
    url = f"sqlite:///{tmp_path}/study.db"
    mirrored(url, space, [candidates])
    with pytest.raises(RunDirectoryError, match="breadth"):
        mirrored(url, space, [[]], goals=StubTask(proxy_names=("one", "two", "three", "four")).goals)


@pytest.mark.parametrize("page", [0, 3, -2])
def test_a_file_with_a_page_of_zeros_is_refused(page, tmp_path, space, candidates):
    file = tmp_path / "study.db"
    mirrored(f"sqlite:///{file}", space, [candidates])
    content = bytearray(file.read_bytes())
    begin = 4096 * page % len(content)
    content[begin : begin + 4096] = bytes(4096)
    file.write_bytes(content)
    with pytest.raises(RunDirectoryError, match=r"study\.db is damaged \(.*\); remove it"):
        StudyMirror(f"sqlite:///{file}", name="run", space=space, goals=TASK.goals)


def test_a_storage_that_does_not_open_is_refused(space):
    with pytest.raises((ConfigurationError, RunDirectoryError), match="nosuch"):
        mirrored("nosuchdatabase://somewhere/study", space, [[]])


def test_postgresql_reads_back_every_trial(space, candidates):
    url = os.environ.get("PROTOTYPENAS_POSTGRESQL")
    if not url:
        pytest.skip("no PostgreSQL server: set PROTOTYPENAS_POSTGRESQL to an empty database's URL")
    assert_equal(mirrored(url, space, [candidates[:7], candidates[7:]]), candidates, space)


@pytest.mark.slow
@pytest.mark.skipif(not PROGRAMS, reason="PostgreSQL is not installed")
def test_a_postgresql_server_restarted_during_a_run_gets_every_trial_once(space, candidates, capfd):
    # Not pytest's folder: the server's own user must be able to enter it.
    with tempfile.TemporaryDirectory() as folder, postgresql(Path(folder)) as server:
        mirror = StudyMirror(server.url, name="run", space=space, goals=TASK.goals)
        mirror.follow(candidates[:5])
        capfd.readouterr()
        server.stop()
        mirror.follow(candidates[:9])
        assert mirror.length == 5, "it was away, and the run went on"
        server.start()
        mirror.follow(candidates[:14])
        server.stop()
        server.start()
        mirror.follow(candidates, patiently=True)
        mirror.close()
        assert capfd.readouterr().err == "", "no traceback of the driver"
        assert_equal(mirrored(server.url, space, []), candidates, space)
