import numpy as np
from scipy.stats import rankdata

from prototypenas.selection.selection_space import proxy_ranks


def test_ranks_are_shared_out_from_best_to_worst_and_ties_get_their_mean():
    front = np.array([[0.0, 0.2, 0.5], [0.1, 0.9, 0.5], [0.2, 0.2, 0.0], [0.3, 0.4, 0.7]])
    assert proxy_ranks(front).tolist() == [[1 / 6, 0.5], [1.0, 0.5], [1 / 6, 0.0], [2 / 3, 1.0]]


def test_ranks_of_many_values_with_many_ties_are_scipys():
    front = np.random.default_rng(0).integers(0, 9, (40, 5)) / 8
    expected = np.column_stack([rankdata(column) - 1.0 for column in front.T[1:]]) / 39
    assert np.array_equal(proxy_ranks(front), expected)


def test_a_single_candidate_ranks_best():
    assert proxy_ranks(np.array([[0.5, 0.3, 0.1]])).tolist() == [[0.0, 0.0]]
