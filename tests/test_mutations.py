"""The mutants of `benchmarks.mutations` fit the code as it is; that tests kill them is what running it shows."""

from pathlib import Path

import pytest

from benchmarks.mutations import MUTANTS, is_killed

ROOT = Path(__file__).parent.parent


def test_there_are_twenty_promises_at_least():
    assert len({mutant.promise for mutant in MUTANTS.values()}) >= 20


@pytest.mark.parametrize("name", MUTANTS)
def test_each_mutant_changes_one_place_and_names_tests_that_exist(name):
    mutant = MUTANTS[name]
    assert (ROOT / mutant.file).read_text().count(mutant.before) == 1
    assert mutant.before != mutant.after and all((ROOT / test).is_file() for test in mutant.tests)


@pytest.mark.slow
def test_a_mutant_is_killed_by_its_test_and_the_copy_is_whole_again(tmp_path):
    (tmp_path / "a.py").write_text("answer = 42\n")
    (tmp_path / "test_a.py").write_text("from a import answer\n\ndef test_answer():\n    assert answer == 42\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    mutant = type(MUTANTS["limit"])("the answer", "a.py", "42", "41", ("test_a.py",))
    assert is_killed(mutant, tmp_path)
    assert (tmp_path / "a.py").read_text() == "answer = 42\n"
    harmless = type(mutant)("nothing", "a.py", "42", "6 * 7", ("test_a.py",))
    assert not is_killed(harmless, tmp_path)
