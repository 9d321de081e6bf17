import re

import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.exploration.candidate_evaluation import Evaluated, Seconds, evaluate_candidate
from prototypenas.exploration.journal import Journal
from prototypenas.exploration.samplers import create_sampler
from prototypenas.testing.stub_task import StubTask
from prototypenas.types import Invalid, Rejected, Scored

IDENTITY = {"sampler": "random", "seed": 1}


@pytest.fixture
def finished(space):
    task = StubTask()
    configurations = create_sampler("random", space, goals=task.goals, population=20, seed=1).ask(20)
    candidates = [evaluate_candidate(number, each, task) for number, each in enumerate(configurations)]
    assert {type(one) for one in candidates} == {Invalid, Rejected, Scored}
    return [Evaluated(candidate, Seconds(proxies=0.1 * candidate.number)) for candidate in candidates]


def written(path, finished):
    journal = Journal(path, IDENTITY)
    journal.append(finished)
    journal.close()
    return path


def reread(path, identity=IDENTITY):
    journal = Journal(path, identity)
    journal.close()
    return list(journal.recorded.values())


def test_what_is_written_is_read_back(tmp_path, finished):
    assert reread(written(tmp_path / "journal", finished)) == finished


def test_a_torn_last_line_is_cut_off_and_the_file_goes_on(tmp_path, finished):
    path = written(tmp_path / "journal", finished[:5])
    whole = path.read_bytes()
    for length in range(len(whole) - 40, len(whole)):
        path.write_bytes(whole[:length])
        assert reread(path) == finished[:4]
    assert reread(written(path, finished[4:])) == finished


def test_a_corrupt_line_in_the_middle_is_named(tmp_path, finished):
    path = written(tmp_path / "journal", finished)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = b"?" + lines[3][1:]
    path.write_bytes(b"".join(lines))
    with pytest.raises(RunDirectoryError, match="line 4"):
        reread(path)


def test_a_line_that_lacks_a_value_is_named(tmp_path, finished):
    path = written(tmp_path / "journal", finished)
    path.write_text(path.read_text() + '{"number": 20}\n')
    with pytest.raises(RunDirectoryError, match="line 22"):
        reread(path)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (r'"number": 3', '"number": "three"'),
        (r'"macs": [0-9]+', '"macs": null'),
        (r'"kind": "\w+"', '"kind": 7'),
        (r'"scores": {[^}]*}', '"scores": "many"'),
        (r'"groups": \[', '"groups": [3, '),
        (r'"width": 0.', '"width": 1.'),
        (r'"seconds": {[^}]*}', '"seconds": []'),
    ],
)
def test_a_line_that_says_something_else_is_named(was, now, tmp_path, finished):
    path = written(tmp_path / "journal", finished)
    lines = path.read_text().splitlines(keepends=True)
    place = next(place for place, line in enumerate(lines) if place > 1 and re.search(was, line))
    lines[place] = re.sub(was, now, lines[place], count=1)
    path.write_text("".join(lines))
    with pytest.raises(RunDirectoryError, match=rf"line {place + 1} is corrupt"):
        reread(path)


def test_another_exploration_is_refused_with_what_differs(tmp_path, finished):
    path = written(tmp_path / "journal", finished)
    with pytest.raises(RunDirectoryError, match="seed was 1, now 2"):
        reread(path, {**IDENTITY, "seed": 2})


def test_a_journal_that_was_removed_is_noticed(tmp_path, finished, monkeypatch):
    monkeypatch.setattr("prototypenas.exploration.journal.SYNC_SECONDS", 0.0)
    journal = Journal(tmp_path / "journal", IDENTITY)
    journal.append(finished[:1])
    (tmp_path / "journal").unlink()
    with pytest.raises(RunDirectoryError, match="was removed while the exploration wrote to it"):
        journal.append(finished[1:2])
    journal.close()


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunDirectoryError, match="cannot write"):
        Journal(tmp_path / "file" / "journal", IDENTITY)
