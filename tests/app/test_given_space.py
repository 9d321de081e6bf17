import pytest

from prototypenas.app.given_space import Space
from prototypenas.app.settings import SearchSettings
from prototypenas.errors import ConfigurationError


def test_numbers_are_said_as_they_are_typed_and_what_is_not_given_stays():
    space = Space(depths=(1, 2), widths=(0.25, 1.0), kernels=3, strides="1", fix="group1_stride=2")
    narrowed = space.narrowed(SearchSettings(sparsities="0.1-0.2"))
    assert (narrowed.depths, narrowed.widths, narrowed.kernels, narrowed.strides) == ("1,2", "0.25-1", "3", "1")
    assert (narrowed.sparsities, narrowed.fix) == ("0.1-0.2", "group1_stride=2")


def test_the_task_follows_from_the_input_unless_it_is_named():
    assert Space(input=(3, 32, 32)).searched_for == "image" and Space(input=(6, 128)).searched_for == "time-series"
    assert Space(input=(3, 96, 96), task="detection").searched_for == "detection"
    assert Space(input=(6, 128)).input_size == "6x128"


@pytest.mark.parametrize("wrong", [(3, 0, 32), (3, 32.0, 32), ("3", 32, 32)])
def test_an_input_is_whole_numbers_above_0(wrong):
    with pytest.raises(ConfigurationError, match="in whole numbers above 0"):
        Space(input=wrong)


def test_it_shows_what_was_given():
    assert "(0.25, 1.0)" in Space(widths=(0.25, 1.0))._repr_html_() and "kernels" not in Space()._repr_html_()
