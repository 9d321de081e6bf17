import numpy as np
import pytest

from prototypenas.selection.coverage import Merit, coverage, marginal_gains, shared_gains, space_of


def spaces(points, objectives, seed):
    rng = np.random.default_rng(seed)
    first, second = rng.random((points, objectives)), rng.random((points, 2))
    return (space_of("first", first, share=0.4), space_of("second", second, share=0.6))


def test_the_whole_front_covers_everything():
    assert coverage(spaces(20, 4, 0), range(20)) == pytest.approx(1.0)


@pytest.mark.parametrize("size", [0, 1, 3, 8, 10])
def test_a_gain_is_the_difference_of_two_coverages(size):
    both = spaces(20, 5, size)
    subset = list(range(size))
    gains = marginal_gains(both, subset, np.arange(20))
    for point in range(20):
        expected = coverage(both, [*subset, point]) - coverage(both, subset)
        assert gains[point] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("size", [0, 2, 3])
def test_what_two_points_share_is_what_the_first_takes_from_the_second(size):
    both = spaces(12, 5, size)
    subset, everyone = list(range(size)), np.arange(12)
    shared = shared_gains(both, subset, everyone, everyone)
    before = marginal_gains(both, subset, everyone)
    for row in range(12):
        after = marginal_gains(both, [*subset, row], everyone)
        assert before - shared[row] == pytest.approx(after, abs=1e-12)


def test_gains_only_fall_as_the_subset_grows():
    both = spaces(15, 3, 1)
    few, many = (marginal_gains(both, list(range(size)), np.arange(15)) for size in (2, 6))
    assert (many <= few + 1e-12).all()


def test_a_point_beyond_the_reference_covers_nothing():
    space = space_of("plane", np.array([[0.0, 0.5], [2.0, 0.0]]))
    assert coverage((space,), [1]) == 0.0


def test_merit_counts_once_for_each_point_and_keeps_gains_and_shares_right():
    both = (*spaces(10, 3, 2), Merit(np.linspace(0.0, 0.1, 10)))
    everyone = np.arange(10)
    assert coverage(both, [4, 4]) == coverage(both, [4])
    gains, shared = marginal_gains(both, [4], everyone), shared_gains(both, [4], everyone, everyone)
    for row in range(10):
        assert gains[row] == pytest.approx(coverage(both, [4, row]) - coverage(both, [4]), abs=1e-12)
        assert gains - shared[row] == pytest.approx(marginal_gains(both, [4, row], everyone), abs=1e-12)
