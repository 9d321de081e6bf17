import pytest

from prototypenas.training.nominal_time import nominal_seconds


def test_time_grows_with_samples_and_with_flops_on_top_of_a_constant():
    assert nominal_seconds(0, 10) > 0 and nominal_seconds(10**6, 20) == 2 * nominal_seconds(10**6, 10)
    assert nominal_seconds(2 * 10**6, 1) - nominal_seconds(10**6, 1) == pytest.approx(0.00027)


def test_it_is_near_the_two_measured_trainings_it_was_fitted_to():
    assert nominal_seconds(2_000_000, 10_000) == pytest.approx(6.6, rel=0.4)
    assert nominal_seconds(20_000_000, 10_000) == pytest.approx(58, rel=0.1)
