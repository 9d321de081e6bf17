"""Prices of NATS-Bench's cells: each network once, from wherever it was left."""

import pandas as pd
import pytest

from experiments import nats_bench_prices
from experiments.nats_bench_prices import main, price, read_cells, read_prices, refused
from prototypenas.costing.targets import load_targets
from prototypenas.errors import DatasetError

PLAIN = "|skip_connect~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"
SAME = "|skip_connect~0|+|skip_connect~0|none~1|+|skip_connect~0|none~1|none~2|"
POOLED = "|avg_pool_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|"


@pytest.fixture
def cells(tmp_path, monkeypatch):
    monkeypatch.setattr(nats_bench_prices, "CELLS", 3)
    rows = [(0, PLAIN, "a"), (1, SAME, "a"), (2, POOLED, "b")]
    table = pd.DataFrame(rows, columns=["index", "arch_str", "unique_str"])
    for name in ("cifar10_test_200", "cifar100_test_200", "imagenet16_test_200"):
        table[name] = [80.0, 81.0, 82.0]
    path = tmp_path / "tss.csv"
    table.to_csv(path, index=False)
    return path


def test_each_network_is_priced_once_and_what_is_priced_is_kept(cells, tmp_path, capsys):
    out = tmp_path / "results" / "prices.csv.gz"
    main(["--data", str(cells), "--out", str(out)])
    first = out.read_bytes()
    assert read_prices(out)["index"].tolist() == [0, 2]
    assert "2 networks priced" in capsys.readouterr().out
    main(["--data", str(cells), "--out", str(out)])
    assert out.read_bytes() == first and not capsys.readouterr().out


def test_a_pool_costs_memory_but_no_multiplication():
    target = load_targets()["imxrt1062"]
    plain, pooled = price(PLAIN, 0, target), price(POOLED, 2, target)
    assert plain.macs == pooled.macs and plain.published_macs == pooled.published_macs
    assert pooled.rom_bytes > plain.rom_bytes


def test_every_kind_of_cell_is_lowered_and_others_are_named(cells, capsys, monkeypatch):
    main(["--data", str(cells), "--lower-only"])
    assert capsys.readouterr().out.startswith("3 of 3 cells")
    assert refused([PLAIN, SAME, POOLED]) == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="unique_str"), "no column unique_str"),
        (lambda table: table.drop(columns="cifar10_test_200"), "lacks the columns"),
        (lambda table: table.assign(cifar10_test_200=0.8), "percent are needed"),
        (lambda table: table[:2], "2 rows"),
    ],
)
def test_other_tables_are_refused(cells, change, message):
    change(pd.read_csv(cells)).to_csv(cells, index=False)
    with pytest.raises(DatasetError, match=message):
        read_cells(cells)
