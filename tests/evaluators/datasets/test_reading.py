import pytest

from evaluators.datasets.reading import Reading, ambiguous, checked_layout
from prototypenas.errors import DatasetError


def test_only_what_was_decided_is_recorded_and_the_shape_is_recorded_elsewhere():
    assert Reading(input_shape=(1, 8, 8)).arguments() == {}
    given = Reading(layout="wide", ignored_columns=("a", "b"), value_range=(0.0, 1.0))
    assert given.arguments() == {"layout": "wide", "ignored_columns": ["a", "b"], "value_range": [0.0, 1.0]}


def test_a_layout_that_the_form_does_not_know_names_those_it_does():
    allowed = {"wide": "a row a series", "long": "a row a step"}
    assert checked_layout(None, allowed, "a table") is None and checked_layout("long", allowed, "a table") == "long"
    with pytest.raises(DatasetError, match=r"--layout tall .* a table; it can be wide \(a row a series\); long"):
        checked_layout("tall", allowed, "a table")


def test_several_ways_are_offered_with_their_meaning():
    said = str(ambiguous("t.csv", {"--layout wide": "a row a series", "--layout long": "a row a step"}))
    assert said == "t.csv can be read in 2 ways; choose one with an option: --layout wide: a row a series; " + (
        "--layout long: a row a step"
    )
