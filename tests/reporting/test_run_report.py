"""The page says what the run directory holds, as far as the run has come."""

import optuna
import pytest

from prototypenas.costing.targets import load_targets
from prototypenas.errors import RunDirectoryError
from prototypenas.exploration.candidate_evaluation import ExplorationTask
from prototypenas.exploration.candidate_table import write_candidates
from prototypenas.exploration.study_mirror import STUDY_FILE
from prototypenas.reporting.run_report import write_run_report
from prototypenas.runs.atomic_files import write_json
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.selection import Selection, select
from prototypenas.types import Candidate, Configuration, Cost, Footprint, GroupConfiguration

TARGET = load_targets()["stm32f746"]
STATISTICS = {
    "evaluation": {"build": 1.0, "lower": 2.0, "plan": 0.5, "proxies": 40.25},
    "wall_seconds": 61.0,
    "repeated": 3,
}


def never(evidence):
    raise AssertionError


def candidate(number: int) -> Candidate:
    groups = (GroupConfiguration(1, 3, 1, 0.0),) * 4
    cost = Cost(1000 * (number + 1), 900, Footprint(9000, 200, 1024, 30_000, 30, 50, 400, 9000))
    return Candidate(number, Configuration("mbednet", 0.5, groups), cost, str(number), {"meco": float(number)})


@pytest.fixture
def explored(tmp_path) -> tuple[RunDirectory, Selection]:
    """A run that was explored and selected, not trained."""
    run = RunDirectory.create(tmp_path / "boards-and-nets")
    candidates = [candidate(number) for number in range(6)]
    task = ExplorationTask({}, {"meco": never, "zico": never}, (3, 8, 8), 2, TARGET, TARGET.budget)
    run.bind({**task.identity(), "probe": None})
    write_json(run.selection_json, {"keep": [3, 5], "space": "merit", "solver": "exact", "seed": 0})
    write_candidates(run.candidates_csv, candidates, ("meco",))
    write_json(run.exploration_json, STATISTICS)
    return run, select(candidates, keep=2)


def test_arguments_and_statistics_stand_in_the_page(explored):
    run, selection = explored
    page = write_run_report(run, None, selection, TARGET).read_text()
    assert (run.path / "report.html").exists() and "boards-and-nets" in page
    for said in ("exploration: objectives", "meco, zico", "selection: keep", "3, 5", "61 s", "40.2 s", "3.5 s"):
        assert said in page, said
    assert "exploration: probe" in page and "None" not in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"evaluation": {}}, "has no 'build'"),
        ({"wall_seconds": None}, "wall_seconds is None, not a number"),
        ({"repeated": "x"}, "repeated is 'x', not a number"),
    ],
)
def test_statistics_that_are_damaged_are_named(change, said, explored):
    run, selection = explored
    write_json(run.exploration_json, {**STATISTICS, **change})
    with pytest.raises(RunDirectoryError, match=rf"exploration\.json .*{said}"):
        write_run_report(run, None, selection, TARGET)


def test_a_study_that_is_damaged_is_named_and_an_empty_one_left_out(explored):
    run, selection = explored
    (run.path / STUDY_FILE).write_bytes(b"no database, " * 200)
    with pytest.raises(RunDirectoryError, match=r"study\.db is damaged \(.*not a database.*remove it"):
        write_run_report(run, None, selection, TARGET)
    (run.path / STUDY_FILE).unlink()
    optuna.storages.RDBStorage(f"sqlite:///{run.path / STUDY_FILE}").remove_session()
    assert write_run_report(run, None, selection, TARGET).exists()


def test_each_data_set_has_a_page_of_its_own(explored):
    run, selection = explored
    for name in ("digits", "letters"):
        run.dataset(name).bind({"epochs": 7, "data_digest": name[::-1]})
    page = write_run_report(run, run.dataset("letters"), selection, TARGET)
    assert page == run.path / "datasets" / "letters" / "report.html"
    text = page.read_text()
    assert "evaluation: data_digest" in text and "srettel" in text and "digits" not in text
    assert not (run.path / "report.html").exists()
