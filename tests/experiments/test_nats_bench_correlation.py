from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.nats_bench_correlation import Settings, load_table, main, score_cell, stratified_sample
from prototypenas.errors import DatasetError

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "avg_pool_3x3")


def _table(rows: int) -> pd.DataFrame:
    names = [OPERATIONS[i % 4] for i in range(rows)]
    strings = [f"|{name}~0|+|none~0|skip_connect~1|+|none~0|none~1|{name}~2|" for name in names]
    accuracy = np.random.default_rng(0).permutation(rows) / rows * 90
    return pd.DataFrame({
        "index": range(rows), "arch_str": strings, "cifar10_test_200": accuracy,
        "cifar100_test_200": accuracy, "imagenet16_test_200": accuracy,
    })  # fmt: skip


def test_the_sample_has_one_cell_of_each_stratum() -> None:
    table = _table(100)
    sample = stratified_sample(table, 10, seed=1)
    assert sorted(sample["cifar10_test_200"] // 9) == list(range(10))
    assert not sample.equals(stratified_sample(table, 10, seed=2))


def test_a_cell_that_lets_nothing_through_is_scored_by_those_who_can() -> None:
    dead = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
    scores = score_cell(dead, names=("params", "snip"), settings=Settings(batch_size=2, sample_size=32))
    assert scores["params"] > 0
    assert np.isnan(scores["snip"])


def test_flops_are_those_at_the_size_of_the_batches() -> None:
    cell = "|nor_conv_1x1~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|"
    small = score_cell(cell, names=("flops",), settings=Settings(batch_size=2, sample_size=32))
    assert score_cell(cell, names=("params", "flops"), settings=Settings(batch_size=2))["flops"] == small["flops"]


def test_a_missing_table_says_where_it_is_published(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="published at https://"):
        load_table(tmp_path / "none.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DatasetError, match="lacks the columns"):
        load_table(tmp_path / "other.csv")


def test_a_run_prints_and_writes_its_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _table(8).to_csv(tmp_path / "cells.csv", index=False)
    arguments = ["--cells=4", "--proxies=snip,naswot", "--batch-size=2", "--sample-size=32", "--resamples=10"]
    main(["--data", str(tmp_path / "cells.csv"), "--out", str(tmp_path / "out"), *arguments])
    scores = pd.read_csv(tmp_path / "out" / "scores.csv")
    assert list(scores.columns[:5]) == ["index", "snip", "naswot", "params", "flops"]
    assert scores["probe"].str.contains("2 batches of 2").all()
    assert (tmp_path / "out" / "proxies.svg").stat().st_size > 1000
    assert "4 cells; Gaussian probe" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.dataset
def test_proxies_rank_real_cells(real_data: Path) -> None:
    """MeCo and ZiCo on 40 cells; intervals of the full sample of 200 are in docs/proxies.md."""
    from experiments.nats_bench_correlation import score_cells
    from experiments.rank_correlation import spearman

    cells = stratified_sample(load_table(real_data / "nats_bench" / "tss.csv"), 40, seed=0)
    scores = score_cells(cells, ("meco", "zico"), Settings(batch_size=16), 2).fillna(-np.inf)
    for name, least in (("meco", 0.8), ("zico", 0.55)):
        assert spearman(scores[name].to_numpy(), scores["cifar10_test_200"].to_numpy()) > least
