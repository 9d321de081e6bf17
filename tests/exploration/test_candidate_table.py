import csv

import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.exploration.candidate_evaluation import evaluate_candidate
from prototypenas.exploration.candidate_table import read_candidates, write_candidates
from prototypenas.exploration.samplers import create_sampler
from prototypenas.testing.stub_task import StubTask
from prototypenas.types import Scored

TASK = StubTask()


@pytest.fixture
def candidates(space):
    configurations = create_sampler("random", space, goals=TASK.goals, population=40, seed=1).ask(40)
    return tuple(evaluate_candidate(number, each, TASK) for number, each in enumerate(configurations))


def test_the_table_is_read_back_exactly(tmp_path, candidates):
    write_candidates(tmp_path / "table.csv", candidates, TASK.proxy_names)
    assert read_candidates(tmp_path / "table.csv") == candidates


def test_estimates_come_last_and_are_not_read_back(tmp_path, candidates):
    refined = next(one for one in candidates if isinstance(one, Scored))
    write_candidates(tmp_path / "table.csv", candidates, TASK.proxy_names, {refined.number: (0.75, 0.02)})
    with (tmp_path / "table.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0])[-2:] == ["estimate", "estimate_error"]
    expected = {int(row["number"]): (row["estimate"], row["estimate_error"]) for row in rows}
    assert expected.pop(refined.number) == ("0.75", "0.02") and set(expected.values()) == {("", "")}
    assert read_candidates(tmp_path / "table.csv") == candidates


def test_a_rejected_candidate_has_its_reason_and_no_score(tmp_path, candidates):
    write_candidates(tmp_path / "table.csv", candidates, TASK.proxy_names)
    with (tmp_path / "table.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    rejected = [row for row in rows if row["rejection"]]
    assert rejected
    for row in rejected:
        assert row["detail"] and not any(row[name] for name in TASK.proxy_names)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[len("number,") :],
        lambda text: text[: len(text) // 2] + '"',
        lambda text: text[: text.rindex(",")] + "\n",
        lambda text: text[:-1] + ",more\n",
    ],
)
def test_a_damaged_table_is_refused(tmp_path, candidates, damage):
    write_candidates(tmp_path / "table.csv", candidates, TASK.proxy_names)
    text = (tmp_path / "table.csv").read_text()
    (tmp_path / "table.csv").write_text(damage(text))
    with pytest.raises(RunDirectoryError, match=r"table\.csv"):
        read_candidates(tmp_path / "table.csv")


def test_a_missing_table_is_refused(tmp_path):
    with pytest.raises(RunDirectoryError):
        read_candidates(tmp_path / "table.csv")
