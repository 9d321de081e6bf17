"""Draws the paper's Figs. 3 and 4 from a recorded run.

    python -m experiments.paper_figures runs/paper-images --out experiments/results

Fig. 3: each proxy against FLOPs, the selected models circled. Fig. 4: Kendall's tau between the proxies, and with
FLOPs, over all feasible candidates. A few seconds.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.one_line import errors_in_one_line
from experiments.rank_correlation import kendall
from prototypenas import finished_steps
from prototypenas.errors import RunDirectoryError
from prototypenas.reporting.front_figures import front_figure
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.types import Explored, Scored


def agreement(candidates: Sequence[Explored]) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Kendall's tau between every two objectives over the feasible candidates; FLOPs come last.

    Raises:
        RunDirectoryError: if fewer than three candidates are feasible.
    """
    feasible = [one for one in candidates if isinstance(one, Scored)]
    if len(feasible) < 3:
        raise RunDirectoryError(f"{len(feasible)} feasible candidates; at least 3 are needed to correlate anything")
    names = tuple(feasible[0].scores)
    columns = [np.asarray([one.scores[name] for one in feasible]) for name in names]
    columns.append(np.asarray([float(one.cost.flops) for one in feasible]))
    taus = np.asarray([[kendall(left, right) for right in columns] for left in columns])
    return (*names, "flops"), taus


def agreement_figure(candidates: Sequence[Explored]) -> Figure:
    """Draw the agreement as a heat map, -1 to 1."""
    names, taus = agreement(candidates)
    figure = Figure(figsize=(4.6, 3.8), layout="constrained")
    axes = figure.subplots()
    drawn = axes.imshow(taus, vmin=-1, vmax=1, cmap="RdBu_r")
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    for row, column in np.ndindex(taus.shape):
        shade = "white" if abs(taus[row, column]) > 0.6 else "black"
        axes.text(column, row, f"{taus[row, column]:.2f}", ha="center", va="center", color=shade)
    figure.colorbar(drawn, label="Kendall's tau")
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and write both figures as SVG and PNG."""
    parser = argparse.ArgumentParser(description="The paper's Figs. 3 and 4 from a recorded run.")
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, default=Path("experiments/results"))
    options = parser.parse_args(arguments)
    run = RunDirectory.open(options.run)
    candidates = finished_steps.explored(run)
    options.out.mkdir(parents=True, exist_ok=True)
    figures = {
        "figure_3": front_figure(candidates, finished_steps.selected(run)),
        "figure_4": agreement_figure(candidates),
    }
    for name, figure in figures.items():
        for suffix in ("svg", "png"):
            path = options.out / f"{name}_{options.run.name}.{suffix}"
            figure.savefig(path)
            print(path)


if __name__ == "__main__":
    with errors_in_one_line():
        main()
