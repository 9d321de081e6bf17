"""Which selection space finds both the accurate and the small? Five chosen of 100 NATS-Bench cells, judged by accuracy.

    python -m experiments.nats_bench_correlation --data nats_bench/tss.csv --out runs/nats_bench
    python -m experiments.selection_on_nats_bench --scores runs/nats_bench/scores.csv

Expected: merit at least 92 % of the best possible five's hypervolume of (FLOPs, accuracy) on each data set, with a best
accuracy within 0.05 points of the paper's rule (`objectives`); see docs/selection.md. A minute and a half on two cores.
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.one_line import errors_in_one_line
from prototypenas.reporting.drawing import COLOURS, HIGHLIGHT, house_style, svg_text
from prototypenas.selection.coverage import coverage, space_of
from prototypenas.selection.exact import best_subset
from prototypenas.selection.hypervolume import normalisation_over
from prototypenas.selection.local_search import local_search_subset
from prototypenas.selection.pareto import nondominated
from prototypenas.selection.selection_space import SPACES, spaces_named

PROXIES = ("meco", "zico", "naswot", "snip")
ACCURACIES = {
    "CIFAR-10": "cifar10_test_200",
    "CIFAR-100": "cifar100_test_200",
    "ImageNet16-120": "imagenet16_test_200",
}
KEEP, CANDIDATES = 5, 100
BASELINES = ("FLOPs quantiles", "random of front", "random", "oracle")
"""Rules that no proxy has a part in; the oracle sees the accuracies."""


@dataclass(frozen=True)
class Judged:
    """One choice on one data set."""

    share: float
    """Hypervolume of (FLOPs, accuracy) as a percentage of that of the best possible choice."""
    best_accuracy: float


def load_scores(path: Path) -> pd.DataFrame:
    """Read cells with FLOPs, scores and accuracies; cells that a proxy could not score are left out, as in a search."""
    table = pd.read_csv(path)
    return table.dropna(subset=list(PROXIES)).reset_index(drop=True)


def run_draw(seed: int, *, table: pd.DataFrame) -> dict[str, list[Judged]]:
    """Draw candidates, choose by every rule, and judge each choice on each data set."""
    generator = np.random.default_rng(seed)
    drawn = table.iloc[generator.choice(len(table), CANDIDATES, replace=False)]
    values = np.column_stack([drawn["flops"], -drawn[list(PROXIES)].to_numpy()])
    front = nondominated(values)
    scale = normalisation_over(("flops", *PROXIES), values[front])
    chosen = {name: front[list(_solve(name, scale.apply(values[front])))] for name in SPACES}
    by_flops = front[np.argsort(values[front, 0])]
    chosen["FLOPs quantiles"] = by_flops[np.linspace(0, len(front) - 1, KEEP).round().astype(int)]
    chosen["random of front"] = generator.choice(front, KEEP, replace=False)
    chosen["random"] = generator.choice(CANDIDATES, KEEP, replace=False)
    return _judge_all(chosen, drawn)


def summarise(draws: Sequence[dict[str, list[Judged]]], *, resamples: int = 2000) -> pd.DataFrame:
    """Return mean share and best accuracy of each rule and data set with 95 % bootstrap intervals over the draws.

    `difference` is the best accuracy above that of the paper's rule on the same draws, in points.
    """
    generator = np.random.default_rng(0)
    picks = generator.integers(len(draws), size=(resamples, len(draws)))
    rows = []
    for rule in draws[0]:
        for place, dataset in enumerate(ACCURACIES):
            judged = [draw[rule][place] for draw in draws]
            paper = [draw["objectives"][place].best_accuracy for draw in draws]
            best = np.array([one.best_accuracy for one in judged])
            row: dict[str, object] = {"rule": rule, "dataset": dataset}
            columns = {"share": np.array([one.share for one in judged]), "best": best, "difference": best - paper}
            for name, column in columns.items():
                low, high = np.percentile(column[picks].mean(axis=1), [2.5, 97.5])
                row |= {name: column.mean(), f"{name}_low": low, f"{name}_high": high}
            rows.append(row)
    return pd.DataFrame(rows)


def draw_figure(summary: pd.DataFrame) -> Figure:
    """Draw each rule as a cross of its intervals: share to the right, best accuracy above the paper's rule upwards."""
    with house_style():
        figure = Figure(figsize=(10.5, 4.0), layout="constrained")
        for axes, dataset in zip(figure.subplots(1, 3), ACCURACIES, strict=True):
            for place, rule in enumerate([*SPACES, "FLOPs quantiles", "oracle"]):
                row = summary[(summary["rule"] == rule) & (summary["dataset"] == dataset)].iloc[0]
                x, y = row["share"], row["difference"]
                colour = HIGHLIGHT if rule == "merit" else COLOURS[place % len(COLOURS)]
                axes.errorbar(
                    x,
                    y,
                    xerr=[[x - row["share_low"]], [row["share_high"] - x]],
                    yerr=[[y - row["difference_low"]], [row["difference_high"] - y]],
                    fmt="o",
                    color=colour,
                    label="objectives (paper)" if rule == "objectives" else rule,
                )
            axes.axhline(0.0, color="#7B8794", linewidth=0.8)
            axes.axvline(92.0, color="#7B8794", linewidth=0.8, linestyle=":")
            axes.set_title(dataset)
            axes.set_xlabel("share of the best five's hypervolume [%]")
        figure.axes[0].set_ylabel("best accuracy above the paper's rule [points]")
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=7)
    return figure


def markdown(summary: pd.DataFrame) -> str:
    """Return the table of the documentation: one row a rule, the data sets separated by slashes."""
    lines = ["| rule | share [%] | best accuracy [%] | above `objectives` [points] |", "|---|---|---|---|"]
    for rule, rows in summary.groupby("rule", sort=False):
        cells = [
            " / ".join(
                f"{row[name]:{form}} ({row[name + '_low']:{form}} to {row[name + '_high']:{form}})"
                for _, row in rows.iterrows()
            )
            for name, form in (("share", ".1f"), ("best", ".2f"), ("difference", "+.2f"))
        ]
        lines.append(f"| {rule} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Read the scores, repeat the draws, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scores", type=Path, required=True, help="table of experiments.nats_bench_correlation")
    parser.add_argument("--draws", type=int, default=150)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--figure", type=Path, help="where to draw the figure (.svg)")
    arguments = parser.parse_args()
    table = load_scores(arguments.scores)
    with ProcessPoolExecutor(arguments.jobs, get_context("spawn")) as pool:
        draws = list(pool.map(partial(run_draw, table=table), range(arguments.draws)))
    summary = summarise(draws)
    print(markdown(summary))
    if arguments.figure is not None:
        arguments.figure.write_text(svg_text(draw_figure(summary)), encoding="utf-8")


def _solve(name: str, front: NDArray[np.float64]) -> tuple[int, ...]:
    spaces = spaces_named(name, front)
    keep = min(KEEP, len(front))
    return best_subset(spaces, local_search_subset(spaces, keep, seed=0, restarts=3), time_limit=10.0).subset


def _judge_all(chosen: dict[str, NDArray[np.intp]], drawn: pd.DataFrame) -> dict[str, list[Judged]]:
    judged: dict[str, list[Judged]] = {rule: [] for rule in (*chosen, "oracle")}
    for column in ACCURACIES.values():
        accuracy = drawn[column].to_numpy()
        plane = np.column_stack([drawn["flops"], -accuracy])
        whole = (space_of("truth", normalisation_over(("flops", "accuracy"), plane).apply(plane)),)
        front = nondominated(plane)
        truth = (space_of("truth", normalisation_over(("flops", "accuracy"), plane).apply(plane)[front]),)
        start = local_search_subset(truth, min(KEEP, len(front)), seed=0, restarts=3)
        oracle = front[list(best_subset(truth, start, time_limit=10.0).subset)]
        most = coverage(whole, oracle.tolist())
        for rule, rows in {**chosen, "oracle": oracle}.items():
            share = 100.0 * coverage(whole, rows.tolist()) / most
            judged[rule].append(Judged(share, float(accuracy[rows].max())))
    return judged


if __name__ == "__main__":
    with errors_in_one_line():
        main()
