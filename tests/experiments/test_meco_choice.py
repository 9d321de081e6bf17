from itertools import islice

import numpy as np
import pandas as pd
import pytest

from experiments.meco_choice import difference, scored_prototypes
from experiments.meco_in_our_space import random_configurations, scored_twice
from experiments.proxies_by_width import scores_by_width


def test_the_better_ranking_score_wins_only_beyond_chance() -> None:
    accuracy = np.arange(60.0)
    noise = np.random.default_rng(0).normal(size=60)
    table = pd.DataFrame({"accuracy": accuracy, "meco": noise, "meco_opt": accuracy + noise})
    gain, low, high = difference(table)
    assert 0 < low < gain < high
    gain, low, _ = difference(table.assign(meco_opt=noise))
    assert gain == low == 0


@pytest.mark.slow
def test_candidates_are_within_the_range_and_the_same_for_a_seed() -> None:
    first, again = (list(islice(scored_prototypes((5e5, 3e6), seed=3), 2)) for _ in range(2))
    assert [scores for _, scores in first] == [scores for _, scores in again]
    assert all(5e5 <= scores["flops"] <= 3e6 for _, scores in first)
    assert list(islice(random_configurations(1), 3)) == list(islice(random_configurations(1), 3))


@pytest.mark.slow
def test_another_seed_changes_meco_but_not_flops() -> None:
    table = scored_twice(2, most_flops=2e7, seed=0)
    assert (table["flops"] == table["flops_again"]).all()
    assert (table["meco"] != table["meco_again"]).all()


def test_meco_falls_with_width_and_the_others_rise() -> None:
    table = scores_by_width(["mbednet"], [0])
    steps = table.drop(columns=["architecture", "width"]).diff().dropna()
    assert (steps["meco"] < 0).all()
    assert (steps.drop(columns="meco") > 0).all(axis=None)
