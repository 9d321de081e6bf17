"""What every cell of NATS-Bench's topology space costs on a microcontroller: MACs, RAM, ROM, latency.

    python -m experiments.nats_bench_prices --data nats_bench/tss.csv --out experiments/results/nats_bench_prices.csv.gz

Isomorphic cells are priced once, so 6,466 networks of the 15,625; fifteen cells each, 3x32x32, ten classes, run layer
by layer. About six CPU minutes; stopped and begun again, it goes on. Our MACs leave out what leads nowhere;
NATS-Bench counts it, and calls multiply-accumulates FLOPs: `published_macs` is its figure.
"""

import argparse
import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import torch

from experiments.nats_bench_cells import build_network, published_macs
from experiments.nats_bench_correlation import load_table
from experiments.one_line import errors_in_one_line
from prototypenas.costing.footprint import cost_of
from prototypenas.costing.targets import load_targets
from prototypenas.errors import ConfigurationError, DatasetError, LoweringError
from prototypenas.graph.lowering import lower
from prototypenas.types import Execution, Target

SHAPE, CLASSES = (3, 32, 32), 10
CELLS = 15_625
BATCH = 64
"""Cells priced between two writes."""


@dataclass(frozen=True)
class Price:
    """What one network costs."""

    index: int
    """Of the first cell in the benchmark's table that is this network."""
    macs: int
    published_macs: int
    ram_bytes: int
    rom_bytes: int
    latency_ms: float | None
    """An estimate; none for a core that no published timing calibrates."""


def read_cells(path: Path) -> pd.DataFrame:
    """Read the table of cells and accuracies.

    Raises:
        DatasetError: for other columns, accuracies that are shares, or other than all cells.
    """
    table = load_table(path)
    if "unique_str" not in table:
        raise DatasetError(f"{path} has no column unique_str, which tells which cells are one network")
    if float(table["cifar10_test_200"].max()) <= 1.0:
        raise DatasetError(f"{path} has accuracies up to {table['cifar10_test_200'].max()}; percent are needed")
    if len(table) != CELLS:
        raise DatasetError(f"{path} has {len(table):,} rows; NATS-Bench's topology space has {CELLS:,}")
    return table


def price(architecture: str, index: int, target: Target) -> Price:
    """Price one cell's network, run layer by layer.

    Raises:
        ConfigurationError: for a string that is no cell.
        LoweringError: if it has no graph, which no cell has shown yet.
    """
    with torch.device("meta"):
        network = build_network(architecture, CLASSES)
    cost = cost_of(lower(network, SHAPE), replace(target, execution=Execution.LAYERS))
    footprint = cost.footprint
    published = published_macs(architecture, CLASSES)
    latency = None if cost.latency_ms is None else round(cost.latency_ms, 3)
    return Price(index, cost.macs, published, footprint.ram_bytes, footprint.rom_bytes, latency)


def refused(architectures: Sequence[str]) -> dict[str, str]:
    """Lower networks of one cell a stage, and give those that have no graph, with the reason."""
    found = {}
    for architecture in architectures:
        with torch.device("meta"):
            network = build_network(architecture, CLASSES, cells=1)
        try:
            lower(network, SHAPE)
        except LoweringError as error:
            found[architecture] = str(error)
    return found


def read_prices(path: Path) -> pd.DataFrame:
    """Read what was priced; empty where nothing was."""
    names = [field.name for field in fields(Price)]
    return pd.read_csv(path) if path.exists() else pd.DataFrame({name: pd.Series(dtype="int64") for name in names})


def priced(cells: pd.DataFrame, known: pd.DataFrame, target: Target, jobs: int) -> Iterator[list[Price]]:
    """Price what is missing, some cells at a time, in the order of the table."""
    first = cells.drop_duplicates("unique_str")
    todo = first[~first["index"].isin(known["index"])]
    work = [(str(cell), int(index), target) for cell, index in zip(todo["arch_str"], todo["index"], strict=True)]
    with get_context("forkserver").Pool(jobs) as pool:
        for start in range(0, len(work), BATCH):
            yield pool.starmap(price, work[start : start + BATCH])


def main(arguments: Sequence[str] | None = None) -> None:
    """Price all cells, or go on with it."""
    options = _parser().parse_args(arguments)
    targets = load_targets()
    if options.target not in targets:
        raise ConfigurationError(f"unknown target {options.target!r}; known: {', '.join(targets)}")
    cells, known = read_cells(options.data), read_prices(options.out)
    if options.lower_only:
        without = refused(cells["arch_str"].tolist())
        print(f"{len(cells) - len(without):,} of {len(cells):,} cells can be lowered")
        print("\n".join(f"{architecture}: {reason}" for architecture, reason in without.items()))
        return
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for prices in priced(cells, known, targets[options.target], options.jobs):
        known = pd.concat([known, pd.DataFrame([asdict(one) for one in prices])], ignore_index=True)
        _write(known, options.out)
        print(f"{len(known):,} networks priced", flush=True)


def _write(table: pd.DataFrame, path: Path) -> None:
    """Write the whole table or nothing; without a time of day in it, so that equal prices give equal bytes."""
    text = io.StringIO()
    table.to_csv(text, index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
    partial.replace(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="MACs, RAM and ROM of NATS-Bench's cells.")
    parser.add_argument("--data", type=Path, required=True, help="tss.csv")
    parser.add_argument("--out", type=Path, default=Path("experiments/results/nats_bench_prices.csv.gz"))
    parser.add_argument("--target", default="imxrt1062")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--lower-only", action="store_true", help="lower every cell, once a stage, and price none")
    return parser


if __name__ == "__main__":
    with errors_in_one_line():
        main()
