from itertools import combinations

import numpy as np
import pytest

from experiments.choosing import Truth, capped_regrets, chosen_in, chosen_with_leader, quantiles

FLOPS = np.array([1e6, 2e6, 3e6, 4e6, 6e6, 8e6, 9e6])
ACCURACY = np.array([0.2, 0.5, 0.4, 0.55, 0.7, 0.6, 0.72])


def test_the_best_subset_is_that_of_all_and_is_worth_100_percent():
    truth = Truth(FLOPS, ACCURACY, keep=3)
    best = max(combinations(range(7), 3), key=lambda few: truth.hypervolume(np.array(few)))
    assert truth.hypervolume(truth.best) == pytest.approx(truth.hypervolume(np.array(best)))
    judged = truth.judge(truth.best, np.random.default_rng(0))
    assert judged.share == pytest.approx(100.0) and judged.percentile >= 50


def test_regret_is_what_the_best_chosen_lacks():
    truth = Truth(FLOPS, ACCURACY, keep=2)
    assert truth.judge(np.array([0, 4]), np.random.default_rng(0)).regret == pytest.approx(2.0)
    assert truth.judge(np.array([0, 6]), np.random.default_rng(0)).regret == 0.0


def test_the_leader_of_the_scores_is_chosen_where_it_is_asked_for():
    objectives = np.column_stack([FLOPS, -np.arange(7.0)])
    assert 6 in chosen_with_leader("merit", objectives, 1)
    assert set(chosen_in("objectives", objectives, 7)) == set(range(7))


def test_quantiles_span_the_flops():
    assert quantiles(FLOPS[::-1].copy(), 3).tolist() == [6, 3, 0]


def test_regret_under_a_cap_sees_only_what_is_below_it():
    score = np.array([0, 0, 1, 0, 0, 0, 9.0])
    regrets = capped_regrets(FLOPS, ACCURACY, score, (5e5, 3e6, 1e7))
    assert regrets == {3e6: pytest.approx(10.0), 1e7: 0.0}
