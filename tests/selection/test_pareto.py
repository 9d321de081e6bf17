import numpy as np
import pytest

from prototypenas.errors import ConfigurationError
from prototypenas.selection.pareto import nondominated


def is_dominated(point, others):
    return any(np.all(other <= point) and np.any(other < point) for other in others)


@pytest.mark.parametrize("objectives", range(1, 7))
@pytest.mark.parametrize("seed", range(5))
def test_rows_are_those_no_other_row_dominates_and_each_once(objectives, seed):
    values = np.random.default_rng(seed).integers(0, 6, size=(40, objectives)).astype(float)
    rows = nondominated(values)
    expected = {tuple(point) for point in values if not is_dominated(point, values)}
    assert {tuple(point) for point in values[rows]} == expected
    assert len(rows) == len(expected) and list(rows) == sorted(rows)


def test_of_equal_rows_the_first_stays():
    assert list(nondominated(np.array([[2.0, 2.0], [1.0, 1.0], [1.0, 1.0]]))) == [1]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_refused(value):
    with pytest.raises(ConfigurationError, match="objective 1 of point 0"):
        nondominated(np.array([[1.0, value], [1.0, 2.0]]))
