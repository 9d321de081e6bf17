from dataclasses import replace

import pytest

from prototypenas.reporting.other_choice_sentence import other_choice_sentence
from prototypenas.runs.other_choice import OtherChoice
from prototypenas.types import Configuration, Cost, Footprint, GroupConfiguration, Scored

FEW = [
    Scored(
        number,
        Configuration("mbednet", 1.0, (GroupConfiguration(),) * 4),
        Cost(500_000 * (number + 1), 10, Footprint(1, 1, 1, 1, 1, 1, 1, 1)),
        str(number),
        {"a": 1.0},
    )
    for number in range(4)
]


@pytest.mark.parametrize(("here", "said"), [((), "none of them was"), ((1,), "one of them was"), ((1, 3), "2 of them")])
def test_it_names_the_others_choice_and_what_both_chose(here, said):
    other = OtherChoice("paper", (1, 3), scored=4, explored=9)
    text = other_choice_sentence(other, FEW, [FEW[number] for number in here])
    assert "Of 4 of these" in text and "the preset paper would have chosen 2" in text
    assert "trial 1 (mbednet, 2.0 MFLOPs), trial 3 (mbednet, 4.0 MFLOPs)" in text and said in text


def test_equal_networks_of_other_trials_count_as_the_same():
    twin = replace(FEW[1], number=9)
    text = other_choice_sentence(OtherChoice("paper", (1,), 4, 9), FEW, [twin])
    assert "one of them was chosen here too" in text


def test_where_nothing_could_be_scored_it_says_so():
    assert "could score none" in other_choice_sentence(OtherChoice("paper", (), 0, 9), FEW, FEW)
