import numpy as np
import pandas as pd
import pytest

from experiments.selection_on_nats_bench import (
    ACCURACIES,
    BASELINES,
    PROXIES,
    load_scores,
    markdown,
    run_draw,
    summarise,
)
from prototypenas.selection import SPACES


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    size = rng.random(140)
    made = pd.DataFrame({"flops": 10**6 * (1 + 9 * size)})
    for name in PROXIES:
        made[name] = size + 0.1 * rng.normal(size=140)
    for column in ACCURACIES.values():
        made[column] = 50 + 40 * size + rng.normal(size=140)
    return made


def test_every_rule_is_judged_on_every_data_set_and_none_beats_the_oracle(table):
    draw = run_draw(0, table=table)
    assert set(draw) == {*SPACES, *BASELINES}
    for judged in draw.values():
        assert len(judged) == len(ACCURACIES)
        assert all(0 < one.share <= 100 + 1e-9 for one in judged)
    assert [one.share for one in draw["oracle"]] == pytest.approx([100.0] * 3)


def test_proxies_that_know_choose_better_than_chance(table):
    summary = summarise([run_draw(seed, table=table) for seed in range(2)], resamples=200)
    shares = summary.groupby("rule")["share"].mean()
    assert shares["consensus"] > shares["random"]
    paper = summary[summary["rule"] == "objectives"]
    assert (paper["difference"] == 0).all()
    assert ((summary["share_low"] <= summary["share"]) & (summary["share"] <= summary["share_high"])).all()
    assert markdown(summary).count("\n") == 1 + len(SPACES) + len(BASELINES)


def test_cells_without_a_score_are_left_out(table, tmp_path):
    table.loc[[1, 5], "zico"] = np.nan
    table.to_csv(tmp_path / "scores.csv", index=False)
    assert len(load_scores(tmp_path / "scores.csv")) == 138
