"""Our planner beside measurements; twenty rows of NATS-Bench-MCU (github.com/ankilab/NATS-Bench-MCU, CC BY 4.0)."""

from pathlib import Path

import pandas as pd
import pytest

from experiments.nats_bench_on_mcu import agreements, matched, read_measured
from experiments.nats_bench_prices import price
from prototypenas.costing.targets import load_targets
from prototypenas.errors import DatasetError

ROWS = Path(__file__).parent / "nats_bench_mcu_rows.csv"


def tables(measured: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cells that were measured, and what we say that they cost."""
    target = load_targets()["imxrt1062"]
    cells = pd.DataFrame({"index": range(len(measured)), "arch_str": measured["arch_str"]})
    cells["unique_str"] = cells["arch_str"]
    return cells, pd.DataFrame([vars(price(cell, place, target)) for place, cell in enumerate(cells["arch_str"])])


def test_both_order_networks_alike_and_ours_need_less_memory():
    measured = read_measured(ROWS)
    ram, rom, latency = agreements(matched(measured, *tables(measured)))
    assert ram.networks == len(measured) == 20 and latency.networks < 20
    # A convolution of zeros is left out by TFLM and not by us, and pools take it as long as convolutions.
    assert 0.3 < ram.tau < 0.7 < rom.tau and latency.tau > 0.3
    assert 0.4 < ram.median < 0.7 and 0.8 < rom.median < 1.0
    assert ram.low <= ram.median <= ram.high


def test_other_tables_are_refused(tmp_path):
    measured = read_measured(ROWS)
    with pytest.raises(DatasetError, match="cannot be read"):
        read_measured(tmp_path / "missing.csv")
    ROWS_WITHOUT = tmp_path / "other.csv"
    measured.drop(columns="latency_s").to_csv(ROWS_WITHOUT, index=False)
    with pytest.raises(DatasetError, match="lacks the columns latency_s"):
        read_measured(ROWS_WITHOUT)
    cells = pd.DataFrame({"index": [0], "arch_str": ["|none~0|"], "unique_str": ["a"]})
    with pytest.raises(DatasetError, match="20 measured architectures are no cells"):
        matched(measured, cells, pd.DataFrame())
