import numpy as np
import pandas as pd
import pytest

from experiments.own_space import load
from experiments.ranking_rules import early_rules, families, fitted_ridge, folds, left_out, rank_sum, residual

COUNT = 60


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    flops = np.exp(rng.uniform(13, 16, COUNT))
    width = rng.uniform(0.2, 1.0, COUNT)
    return pd.DataFrame(
        {
            "flops": flops,
            "parameters": flops / 10,
            "width": width,
            "architecture": ["a", "b", "c"] * (COUNT // 3),
            "accuracy": 0.1 * width + 0.02 * np.log(flops),
            "loss_1": 2 - width,
            "loss_2": 1 - width,
            "accuracy_1": width,
            "accuracy_2": width,
        }
    )


def test_a_rank_sum_weighs_columns_alike_whatever_their_scale():
    small = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1e9, 3e9, 2e9]})
    assert rank_sum("a", "b")(small).tolist() == [1.0, 2.5, 2.5]


def test_an_unscored_network_ranks_last():
    small = pd.DataFrame({"a": [1.0, np.nan, -5.0]})
    assert rank_sum("a")(small).argmin() == 1


def test_a_residual_says_nothing_that_flops_say(table):
    assert abs(residual("parameters")(table)).max() < 12
    kept = residual("width")(table)
    assert abs(np.corrcoef(kept, np.log(table["flops"]))[0, 1]) < 1e-9


def test_a_ridge_finds_a_linear_truth_and_never_sees_what_it_predicts(table):
    names = ("flops", "width")
    inside = fitted_ridge(table, names)(table)
    assert np.corrcoef(inside, table["accuracy"])[0, 1] > 0.999
    noise = table.assign(accuracy=np.random.default_rng(1).normal(size=COUNT))
    outside = left_out(noise, folds(noise), names)
    assert abs(np.corrcoef(outside, noise["accuracy"])[0, 1]) < 0.4
    assert sorted(np.bincount(families(table))) == [COUNT // 3] * 3


def test_early_rules_know_no_later_epoch(table):
    rules = early_rules(3)
    assert len(rules) == 4
    assert rules["minus sum of losses, epochs 1 to 2"](table).argmax() == table["width"].argmax()


def test_the_shipped_tables_are_read_whole():
    for data, count in (("cifar10", 112), ("digits", 39), ("sisfall", 37)):
        shipped = load(data)
        assert len(shipped) >= count and shipped["network"].is_unique
        assert shipped["accuracy"].between(0, 1).all() and shipped["channels"].notna().all()
