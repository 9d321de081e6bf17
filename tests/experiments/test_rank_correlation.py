import numpy as np
import pytest
from scipy import stats

from experiments.rank_correlation import kendall, nondomination_scores, spearman, with_interval


def test_both_correlations_agree_with_scipy_with_ties() -> None:
    generator = np.random.default_rng(0)
    scores, accuracies = generator.integers(0, 5, (2, 40)).astype(float)
    assert spearman(scores, accuracies) == pytest.approx(stats.spearmanr(scores, accuracies).statistic)
    assert kendall(scores, accuracies) == pytest.approx(stats.kendalltau(scores, accuracies).statistic)


def test_the_interval_holds_the_value_and_shrinks_with_more_networks() -> None:
    generator = np.random.default_rng(1)
    accuracies = generator.normal(size=800)
    scores = accuracies + generator.normal(size=800)
    small, large = (with_interval(spearman, scores[:n], accuracies[:n], resamples=200) for n in (50, 800))
    for found in (small, large):
        assert found.low < found.value < found.high
    assert large.high - large.low < 0.5 * (small.high - small.low)


def test_a_network_without_a_score_ranks_last() -> None:
    accuracies = np.arange(6.0)
    scores = np.array([np.nan, 1.0, 2.0, 3.0, 4.0, 5.0])
    assert with_interval(spearman, scores, accuracies, resamples=20).value == pytest.approx(1.0)
    assert with_interval(spearman, scores, -accuracies, resamples=20).value == pytest.approx(-1.0)


def test_fronts_equal_repeated_peeling_by_definition() -> None:
    scores = np.random.default_rng(2).integers(0, 6, (30, 3)).astype(float)
    scores[7, 1] = np.nan
    found = nondomination_scores(scores)
    left, front = set(range(30)) - {7}, 0
    while left:
        best = {
            i for i in left
            if not any((scores[j] >= scores[i]).all() and (scores[j] > scores[i]).any() for j in left)
        }  # fmt: skip
        assert all(found[i] == -front for i in best)
        left, front = left - best, front + 1
    assert found[7] == -front
