"""A small share of `python -m benchmarks.faults` and `benchmarks.fuzz`, whose full figures stand in the documents."""

import random

import pytest

from benchmarks import fuzz
from benchmarks.faults import EQUAL, ONE_LINE, UNNOTICED, Harness, disk, files, kills


@pytest.fixture(scope="module")
def harness(tmp_path_factory):
    return Harness(tmp_path_factory.mktemp("faults"), jobs=2, seconds=120.0)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "times"), [(kills, 3), (disk, 2), (files, 6)])
def test_whatever_breaks_ends_as_if_it_had_not_or_in_one_line(harness, kind, times):
    outcomes = list(kind(harness, times, random.Random(7)))
    assert len(outcomes) == times
    for fault, outcome, note in outcomes:
        assert outcome in (EQUAL, ONE_LINE, UNNOTICED), f"{fault}: {note}"


@pytest.mark.slow
def test_senseless_arguments_and_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chance = random.Random(11)
    for words in fuzz.argument_sets(chance, 40):
        outcome, note = fuzz.outcome_of_arguments(words, 60)
        assert not note, f"{words}: {outcome}, {note}"
    for file in fuzz.mutated_files(chance, 60, tmp_path):
        outcome, note = fuzz.outcome_of_file(file, 60)
        assert not note, f"{file.name}: {outcome}, {note}"
