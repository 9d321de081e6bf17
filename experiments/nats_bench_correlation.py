"""Do the proxies rank? Scores NATS-Bench topology cells and correlates them with their recorded accuracies.

    python -m experiments.nats_bench_correlation --data nats_bench/tss.csv --out runs/nats_bench

About 12 CPU minutes for 200 cells and all proxies. Expected Spearman with CIFAR-10: see docs/proxies.md.
"""

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from experiments.nats_bench_cells import build_network
from experiments.one_line import errors_in_one_line
from experiments.rank_correlation import kendall, nondomination_scores, spearman, with_interval
from prototypenas.errors import DatasetError, ProxyError
from prototypenas.evidence import gaussian_probe, score_prototype
from prototypenas.types import Probe
from proxies import BASELINES, PAPER_ENSEMBLE, PROXIES

ACCURACIES = ("cifar10_test_200", "cifar100_test_200", "imagenet16_test_200")
PUBLISHED = "https://github.com/v-tao/nats-bench-landscape (nats_bench.csv)"
"""Where the table of all 15,625 cells with their test accuracies after 200 epochs is published."""


@dataclass(frozen=True)
class Settings:
    """What a score table depends on."""

    batch_size: int = 32
    sample_size: int = 64
    """Height and width of the lone sample, twice that of the batches: 64 as in the MeCo authors' code."""
    seed: int = 0
    """Of the weights and of the probe, the same for every cell."""

    def probe(self) -> Probe:
        """Draw the probe."""
        lone = gaussian_probe((3, self.sample_size, self.sample_size), 10, batch_size=2, seed=self.seed).sample
        return replace(gaussian_probe((3, 32, 32), 10, batch_size=self.batch_size, seed=self.seed), sample=lone)

    def __str__(self) -> str:
        return (
            f"Gaussian probe, 2 batches of {self.batch_size} at 3x32x32, lone sample at "
            f"3x{self.sample_size}x{self.sample_size}, cross entropy, seed {self.seed}"
        )


def load_table(path: Path | None) -> pd.DataFrame:
    """Read the table of cells.

    Raises:
        DatasetError: if there is no file or it lacks a column.
    """
    if path is None or not path.is_file():
        raise DatasetError(f"no NATS-Bench table at {path}; it is published at {PUBLISHED}; pass it as --data")
    table = pd.read_csv(path)
    missing = {"index", "arch_str", *ACCURACIES} - set(table.columns)
    if missing:
        raise DatasetError(f"{path} lacks the columns {sorted(missing)}; the table is published at {PUBLISHED}")
    return table


def stratified_sample(table: pd.DataFrame, cells: int, seed: int) -> pd.DataFrame:
    """Draw one cell from each of `cells` equally large strata of CIFAR-10 accuracy."""
    generator = np.random.default_rng(seed)
    strata = np.array_split(table.sort_values(ACCURACIES[0], kind="stable").index.to_numpy(), cells)
    return table.loc[[generator.choice(stratum) for stratum in strata]]


def score_cell(architecture: str, *, names: Sequence[str], settings: Settings) -> dict[str, float]:
    """Score one cell by the named proxies; NaN where a proxy cannot."""
    torch.set_num_threads(1)
    torch.manual_seed(settings.seed)
    model, probe = build_network(architecture, 10), settings.probe()
    try:
        scores = score_prototype(model, probe, {name: PROXIES[name] for name in names if name != "flops"})
    except ProxyError:
        if len(names) == 1:
            return {names[0]: float("nan")}
        one_by_one = [score_cell(architecture, names=[name], settings=settings) for name in names]
        return {name: score for scores in one_by_one for name, score in scores.items()}
    if "flops" in names:
        # Counted at the size of the batches: the lone sample may be larger.
        at_size = replace(probe, sample=probe.batches[0].inputs[:1])
        scores["flops"] = score_prototype(model, at_size, {"flops": PROXIES["flops"]})["flops"]
    return {name: scores[name] for name in names}


def score_cells(cells: pd.DataFrame, names: Sequence[str], settings: Settings, workers: int) -> pd.DataFrame:
    """Return one row a cell: its index, all scores and the recorded accuracies in percent."""
    score = partial(score_cell, names=names, settings=settings)
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        scores = pd.DataFrame(list(pool.map(score, cells["arch_str"], chunksize=4)), index=cells.index)
    return pd.concat([cells[["index"]], scores, cells[list(ACCURACIES)]], axis=1)


def correlations(table: pd.DataFrame, names: Sequence[str], resamples: int = 1000) -> pd.DataFrame:
    """Correlate each score, and the non-domination rank of the paper's ensemble, with each accuracy."""
    scores = {name: table[name].to_numpy(float) for name in names}
    if set(PAPER_ENSEMBLE) <= set(names):
        ensemble = table[list(PAPER_ENSEMBLE)].to_numpy(float)
        scores["ensemble"] = nondomination_scores(ensemble)
    rows = [
        {"proxy": name, "accuracy": accuracy, "spearman": with_interval(spearman, values, target, resamples=resamples),
         "kendall": with_interval(kendall, values, target, resamples=resamples)}
        for name, values in scores.items() for accuracy in ACCURACIES for target in [table[accuracy].to_numpy(float)]
    ]  # fmt: skip
    return pd.DataFrame(rows)


def draw_proxies(table: pd.DataFrame, names: Sequence[str]) -> Figure:
    """Draw proxy against proxy, coloured by CIFAR-10 accuracy (paper, Fig. 4)."""
    figure = Figure(figsize=(2.2 * len(names), 2.2 * len(names)), layout="constrained")
    axes = figure.subplots(len(names), len(names), squeeze=False)
    for row, vertical in enumerate(names):
        for column, horizontal in enumerate(names):
            panel = axes[row, column]
            panel.scatter(table[horizontal], table[vertical], c=table[ACCURACIES[0]], s=6, cmap="viridis")
            panel.set(xlabel=horizontal, ylabel=vertical)
            panel.label_outer()
    figure.suptitle("NATS-Bench cells, coloured by CIFAR-10 accuracy")
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Score, correlate, print, and write what `--out` asks for."""
    options = _parser().parse_args(arguments)
    settings = Settings(options.batch_size, options.sample_size, options.seed)
    names = [*dict.fromkeys([*options.proxies.split(","), *BASELINES])]
    cells = stratified_sample(load_table(options.data), options.cells, options.seed)
    table = score_cells(cells, names, settings, options.workers)
    found = correlations(table, names, options.resamples)
    print(f"{len(table)} cells; {settings}")
    print(found.to_string(index=False))
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        table.assign(probe=str(settings)).to_csv(options.out / "scores.csv", index=False)
        found.assign(probe=str(settings)).to_csv(options.out / "correlations.csv", index=False)
        mpl.rcParams["svg.hashsalt"] = "nats"
        draw_proxies(table, [name for name in PAPER_ENSEMBLE if name in names]).savefig(options.out / "proxies.svg")


def _parser() -> argparse.ArgumentParser:
    root = os.environ.get("PROTOTYPENAS_DATA")
    parser = argparse.ArgumentParser(description="Correlate proxy scores with recorded accuracies of NATS-Bench cells.")
    default = Path(root) / "nats_bench" / "tss.csv" if root else None
    parser.add_argument("--data", type=Path, default=default, help=f"the table of cells, published at {PUBLISHED}")
    parser.add_argument("--out", type=Path, help="directory for scores.csv, correlations.csv and proxies.svg")
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--proxies", default=",".join(PROXIES), help="names joined by commas")
    parser.add_argument("--batch-size", type=int, default=Settings.batch_size)
    parser.add_argument("--sample-size", type=int, default=Settings.sample_size)
    parser.add_argument("--seed", type=int, default=Settings.seed)
    parser.add_argument("--resamples", type=int, default=1000, help="of the bootstrap")
    parser.add_argument("--workers", type=int, default=1)
    return parser


if __name__ == "__main__":
    with errors_in_one_line():
        main()
