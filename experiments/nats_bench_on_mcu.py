"""Our planner against measurements: NATS-Bench-MCU ran the topology space on a Cortex-M33 with TensorFlow Lite Micro.

    python -m experiments.nats_bench_on_mcu hw_metrics.csv --data nats_bench/tss.csv

`hw_metrics.csv` is published by github.com/ankilab/NATS-Bench-MCU (`export_corrected`, 6.4 MB, CC BY 4.0): some 14,000
networks on an nRF5340. Held together: the arena of our plan and the arena that TFLM used, our constants and its
flatbuffer, and our latency estimate, which is for a Cortex-M7 and other kernels: one factor is fitted on a random tenth
and its error is that of the rest. Kendall's tau says whether both order networks alike, the median ratio by how much
ours is smaller. TFLM's arena holds its own bookkeeping too; its flatbuffer no code, as ours is counted here with code.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.nats_bench_prices import read_cells, read_prices
from experiments.one_line import errors_in_one_line
from experiments.own_space import RESULTS
from experiments.rank_correlation import kendall
from prototypenas.errors import DatasetError

COLUMNS = ("arch_str", "arena_used_kb", "int8_kb", "latency_s")
KIB = 1024
TENTH, SEED = 0.1, 0


@dataclass(frozen=True)
class Agreement:
    """How one of our figures agrees with a measured one."""

    what: str
    networks: int
    tau: float
    """Kendall's."""
    low: float
    median: float
    high: float
    """5th percentile, median and 95th of ours over measured."""

    def __str__(self) -> str:
        ratio = f"{self.median:.3f} [{self.low:.3f}, {self.high:.3f}]"
        return f"| {self.what} | {self.networks:,} | {self.tau:.3f} | {ratio} |"


def read_measured(path: Path) -> pd.DataFrame:
    """Read what was measured; each architecture once.

    Raises:
        DatasetError: if the file is missing or of another form.
    """
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be read ({error}); get it from github.com/ankilab/NATS-Bench-MCU") from error
    missing = sorted(set(COLUMNS) - set(table.columns))
    if missing:
        raise DatasetError(f"{path} lacks the columns {', '.join(missing)}; it is no hw_metrics.csv")
    return table[list(COLUMNS)].drop_duplicates("arch_str")


def matched(measured: pd.DataFrame, cells: pd.DataFrame, prices: pd.DataFrame) -> pd.DataFrame:
    """Return measured figures beside ours, a row an architecture.

    Raises:
        DatasetError: for an architecture that is no cell of the space.
    """
    unknown = measured[~measured["arch_str"].isin(cells["arch_str"])]["arch_str"]
    if len(unknown):
        raise DatasetError(f"{len(unknown)} measured architectures are no cells of the space: {unknown.iloc[0]}")
    first = cells.drop_duplicates("unique_str")[["unique_str", "index"]].rename(columns={"index": "first"})
    ours = cells[["arch_str", "unique_str"]].merge(first, on="unique_str")
    ours = ours.merge(prices.rename(columns={"index": "first"}), on="first")
    return measured.merge(ours, on="arch_str")


def agreements(table: pd.DataFrame) -> list[Agreement]:
    """Compare arena, constants and latency; the last with a factor from a tenth that is then left out."""
    drawn = np.random.default_rng(SEED).random(len(table)) < TENTH
    if drawn.all() or not drawn.any():
        raise DatasetError(f"{len(table)} networks are too few to fit a factor on a tenth of them")
    seconds = table["latency_ms"].to_numpy(float) / 1000
    measured = table["latency_s"].to_numpy(float)
    factor = float(np.median(measured[drawn] / seconds[drawn]))
    return [
        _agreement("RAM over TFLM's arena", table["ram_bytes"], KIB * table["arena_used_kb"]),
        _agreement("ROM with code over the flatbuffer", table["rom_bytes"], KIB * table["int8_kb"]),
        _agreement(
            f"estimated M7 latency x {factor:.1f} over measured, the other nine tenths",
            pd.Series(factor * seconds[~drawn]),
            pd.Series(measured[~drawn]),
        ),
    ]


def main(arguments: Sequence[str] | None = None) -> list[Agreement]:
    """Print the table."""
    options = _parser().parse_args(arguments)
    prices = read_prices(options.prices)
    if "latency_ms" not in prices or prices["latency_ms"].isna().any():
        raise DatasetError(f"{options.prices} has no latencies; price the cells for a target that has an estimate")
    table = matched(read_measured(options.measured), read_cells(options.data), prices)
    found = agreements(table)
    print("| ours over measured | networks | Kendall's tau | median [5 %, 95 %] |\n|---|--:|--:|---|")
    print("\n".join(map(str, found)))
    return found


def _agreement(what: str, ours: "pd.Series[float]", measured: "pd.Series[float]") -> Agreement:
    mine, theirs = np.asarray(ours, dtype=np.float64), np.asarray(measured, dtype=np.float64)
    low, median, high = (float(value) for value in np.percentile(mine / theirs, (5, 50, 95)))
    tau = kendall(mine, theirs)
    return Agreement(what, len(mine), tau, low, median, high)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Our planner against TFLM on an nRF5340.")
    parser.add_argument("measured", type=Path, help="hw_metrics.csv")
    parser.add_argument("--data", type=Path, required=True, help="tss.csv")
    parser.add_argument("--prices", type=Path, default=RESULTS / "nats_bench_prices.csv.gz")
    return parser


if __name__ == "__main__":
    with errors_in_one_line():
        main()
