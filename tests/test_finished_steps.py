"""What a finished step left is read back; what is not finished says which command finishes it."""

import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.exploration.candidate_table import write_candidates
from prototypenas.finished_steps import explored, read_back, selected
from prototypenas.runs.atomic_files import write_json
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.types import Configuration, Cost, Footprint, GroupConfiguration, Scored

CONFIGURATION = Configuration("toy", 1.0, (GroupConfiguration(),) * 4)
COST = Cost(1, 1, Footprint(1, 1, 1, 1, 1, 1, 1, 1))
CANDIDATES = tuple(Scored(number, CONFIGURATION, COST, str(number), {"a": 1.0}) for number in range(3))


@pytest.fixture
def run(tmp_path):
    run = RunDirectory.create(tmp_path)
    write_candidates(run.candidates_csv, CANDIDATES, ("a",))
    write_json(run.exploration_json, {"explored": 3})
    return run


def test_all_candidates_or_none(run):
    assert explored(run) == read_back(run, 3) == CANDIDATES
    assert read_back(run, 4) is None, "more are asked for"
    write_candidates(run.candidates_csv, CANDIDATES[:2], ("a",))
    assert read_back(run, 3) is None, "the table is made anew"
    with pytest.raises(RunDirectoryError, match="has 2 of 3 candidates"):
        explored(run)


def test_an_unfinished_exploration_and_a_missing_selection_are_named(run):
    with pytest.raises(RunDirectoryError, match="run `prototypenas select` first"):
        selected(run)
    run.exploration_json.unlink()
    assert read_back(run, 3) is None
    with pytest.raises(RunDirectoryError, match="no finished exploration"):
        explored(run)
