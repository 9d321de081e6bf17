import numpy as np
import pytest

from evaluators.datasets.own_data.series import LabelledSeries, dataset_of, filled, stretches
from evaluators.datasets.reading import Reading
from prototypenas.errors import DatasetError

NAN = np.nan


def test_gaps_are_filled_by_lines_and_ends_by_the_nearest_value():
    signal = np.array([[NAN, 1.0], [2.0, 1.0], [NAN, 1.0], [4.0, 1.0], [NAN, 1.0]], np.float32)
    whole, count = filled(signal, "a.csv")
    assert count == 3 and whole[:, 0].tolist() == [2, 2, 3, 4, 4] and np.isnan(signal[0, 0])
    assert filled(whole, "a.csv")[1] == 0


@pytest.mark.parametrize(("value", "said"), [(np.inf, "infinite value"), (NAN, "no value in channel 2")])
def test_a_channel_that_cannot_be_filled_is_named(value, said):
    signal = np.array([[1.0, value], [2.0, value]], np.float32)
    with pytest.raises(DatasetError, match=rf"a\.csv .*{said}"):
        filled(signal, "a.csv")


def test_stretches_are_runs_of_equal_values():
    assert stretches(["a", "a", "b", "a"]) == [(0, 2), (2, 3), (3, 4)]
    assert stretches([]) == []


def test_groups_stay_on_one_side_of_the_split():
    rng = np.random.default_rng(0)
    series = [rng.normal(size=(16, 2)).astype(np.float32) for _ in range(40)]
    labels = tuple("ab"[number % 2] for number in range(40))
    groups = tuple(str(number // 4) for number in range(40))
    found = LabelledSeries(tuple(series), labels, groups=groups)
    data = dataset_of("mine", found, Reading())
    assert len(data.train) + len(data.test) == 40 and 4 <= len(data.test) <= 12
    places = {values.T.tobytes(): group for values, group in zip(series, groups, strict=True)}
    sides = [{places[sample.numpy().tobytes()] for sample in part.inputs} for part in (data.train, data.test)]
    assert sides[0] | sides[1] == set(groups) and not sides[0] & sides[1]
