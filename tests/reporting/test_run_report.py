"""The page says what the run directory holds, as far as the run has come."""

import subprocess
import sys

import pytest

from prototypenas.costing.targets import load_targets
from prototypenas.errors import RunDirectoryError
from prototypenas.exploration.candidate_evaluation import ExplorationTask
from prototypenas.exploration.candidate_table import write_candidates
from prototypenas.exploration.space import SearchSpace
from prototypenas.pipeline import select
from prototypenas.reporting.run_report import write_run_report
from prototypenas.runs.atomic_files import read_json, write_json
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.steps import Choice
from prototypenas.types import Configuration, Cost, Footprint, GroupConfiguration, Scored

TARGET = load_targets()["stm32f746"]
STATISTICS = {
    "explored": 6,
    "evaluation": {"build": 1.0, "lower": 2.0, "plan": 0.5, "proxies": 40.25},
    "wall_seconds": 61.0,
    "repeated": 3,
}


def never(evidence):
    raise AssertionError


def candidate(number: int) -> Scored:
    groups = (GroupConfiguration(1, 3, 1, 0.0),) * 4
    cost = Cost(1000 * (number + 1), 900, Footprint(9000, 200, 1024, 30_000, 30, 50, 400, 9000))
    return Scored(
        number, Configuration("mbednet", 0.5, groups), cost, str(number), {"meco": float(number), "zico": 1.0}
    )


@pytest.fixture
def run(tmp_path) -> RunDirectory:
    """A run that was explored and selected, not trained."""
    run = RunDirectory.create(tmp_path / "boards-and-nets")
    candidates = [candidate(number) for number in range(6)]
    task = ExplorationTask({}, {"meco": never, "zico": never}, (3, 8, 8), 2, TARGET, TARGET.budget)
    space = SearchSpace(("mbednet",), {"mbednet": (3, 5)})
    run.bind({**task.identity(), "probe": None, "space": space.identity()})
    write_candidates(run.candidates_csv, candidates, ("meco", "zico"))
    write_json(run.exploration_json, STATISTICS)
    select(run, Choice(keep=(3, 5)))
    return run


def test_arguments_and_statistics_stand_in_the_page(run):
    page = write_run_report(run, None, TARGET).read_text()
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
def test_statistics_that_are_damaged_are_named(change, said, run):
    write_json(run.exploration_json, {**STATISTICS, **change})
    with pytest.raises(RunDirectoryError, match=rf"exploration\.json .*{said}"):
        write_run_report(run, None, TARGET)


def test_a_run_that_names_no_space_is_damaged(run):
    content = read_json(run.run_json)
    del content["exploration"]["space"]
    write_json(run.run_json, content)
    with pytest.raises(RunDirectoryError, match=r"run\.json is damaged: it names no search space"):
        write_run_report(run, None, TARGET)


def test_a_run_without_trained_models_is_reported_without_pytorch(run):
    program = (
        "import sys\nfrom prototypenas.command_line.main import app\n"
        "app(['report', sys.argv[1]], standalone_mode=False)\nassert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program, str(run.path)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_each_data_set_has_a_page_of_its_own(run):
    for name in ("digits", "letters"):
        run.dataset(name).bind({"epochs": 7, "data_digest": name[::-1]})
    page = write_run_report(run, run.dataset("letters"), TARGET)
    assert page == run.path / "datasets" / "letters" / "report.html"
    text = page.read_text()
    assert "evaluation: data_digest" in text and "srettel" in text and "digits" not in text
    assert not (run.path / "report.html").exists()
