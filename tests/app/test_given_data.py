"""Data as they are handed over from Python."""

import numpy as np
import pytest

from prototypenas.app.catalogue import gather
from prototypenas.app.given_data import GIVEN, is_path, named_data, stored
from prototypenas.app.settings import DataSettings
from prototypenas.errors import ConfigurationError, DatasetError

SETTINGS = DataSettings()


@pytest.fixture(scope="module")
def catalogue():
    return gather()


def test_a_name_wins_over_a_file_of_that_name(catalogue, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    (tmp_path / "mine").mkdir()
    assert not is_path("digits", catalogue) and is_path("mine", catalogue) and is_path(tmp_path / "digits", catalogue)
    assert named_data("digits", catalogue, SETTINGS, tmp_path) == ("digits", SETTINGS)
    assert str(named_data("mine", catalogue, SETTINGS, tmp_path)[1].own_data) == "mine"


def test_arrays_are_kept_once_under_their_content(catalogue, tmp_path):
    x, y = np.arange(2 * 64, dtype=np.uint8).reshape(2, 1, 8, 8), np.array([0, 1])
    places = [named_data(data, catalogue, SETTINGS, tmp_path)[1].own_data for data in ((x, y), [x, y], (x, 1 - y))]
    assert places[0] == places[1] != places[2]
    assert len(list((tmp_path / GIVEN).iterdir())) == 2
    with np.load(places[0]) as kept:
        assert (kept["x"] == x).all() and (kept["y"] == y).all()


def test_pictures_from_0_to_1_become_bytes_and_series_stay():
    assert stored(np.array([[[[0.0, 1.0, 0.5]]]])).tolist() == [[[[0, 255, 128]]]]
    series = np.linspace(-3, 3, 12).reshape(2, 1, 6)
    assert stored(series) is series
    with pytest.raises(DatasetError, match=r"run from 0 to 1\.5"):
        stored(np.array([[[[0.0, 1.5]]]]))


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        ((np.zeros((3, 1, 8, 8), np.uint8), np.zeros(2, int)), DatasetError, "do not go together"),
        ((np.zeros((2, 1, 8, 8), np.uint8), np.zeros((2, 2), int)), DatasetError, "do not go together"),
        ([1, 2, 3], DatasetError, "pairs of a sample and its label"),
        (7, ConfigurationError, "data are int"),
        ("digts", ConfigurationError, "did you mean digits"),
    ],
)
def test_what_is_no_data_is_refused(data, error, said, catalogue, tmp_path):
    with pytest.raises(error, match=said):
        named_data(data, catalogue, SETTINGS, tmp_path)
