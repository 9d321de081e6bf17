"""Draws the paper's Figs. 3 and 4 from a recorded run.

    python -m experiments.paper_figures runs/paper-images --out experiments/results

Fig. 3: each proxy against FLOPs, the selected models circled, each architecture as published a hollow mark scored by
the same probe; printed is how many candidates lie nearest to their own, a claim of the text. Fig. 4: Kendall's tau
between the proxies, and with FLOPs, over all feasible candidates. A few seconds.
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
from prototypenas.app.catalogue import gather
from prototypenas.app.exploring import compose_run
from prototypenas.app.run_settings import settings_from
from prototypenas.app.settings import DeviceSettings
from prototypenas.errors import RunDirectoryError
from prototypenas.objectives import Objective
from prototypenas.reporting.front_figures import front_figure
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.types import Built, Candidate, Explored, Scored
from search_spaces import REFERENCES


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


def references(run: RunDirectory) -> tuple[Scored, ...]:
    """Score the unmodified baseline of each explored architecture as the run scored its candidates, fit it or not."""
    settings = settings_from(run.settings(), str(run.run_json))
    task = compose_run(
        gather(settings.parts.plugin, settings.parts.target_files), settings, DeviceSettings(jobs=1)
    ).task
    found = []
    for number, name in enumerate(name for name in task.baselines if name in REFERENCES):
        built = task.price(Candidate(number, REFERENCES[name])).candidate
        if isinstance(built, Built):
            scored = task.score(Built(built.number, built.configuration, built.cost, built.digest)).candidate
            found += [scored] if isinstance(scored, Scored) else []
    return tuple(found)


def with_references(figure: Figure, objectives: Sequence[Objective], unmodified: Sequence[Scored]) -> Figure:
    """Add a hollow star a baseline to each panel of Fig. 3, named by its architecture."""
    first, *others = objectives
    for axes, other in zip(figure.axes, others, strict=False):
        for one in unmodified:
            place = (first.value(one) / first.scale, other.value(one) / other.scale)
            axes.scatter(*place, marker="*", s=90, facecolors="none", edgecolors="black", zorder=6)
            name = one.configuration.architecture
            axes.annotate(name, place, fontsize=6, xytext=(4, 4), textcoords="offset points")
    return figure


def nearest_to_their_own(candidates: Sequence[Explored], unmodified: Sequence[Scored]) -> tuple[int, int]:
    """Count scored candidates that lie nearest to the baseline of their own architecture, and those compared.

    Distances are in log FLOPs and all scores, each divided by its deviation over the candidates.
    """
    known = {one.configuration.architecture for one in unmodified}
    scored = [one for one in candidates if isinstance(one, Scored) and one.configuration.architecture in known]
    if not scored or len(unmodified) < 2:
        return 0, 0
    points, centres = _points(scored), _points(unmodified)
    scale = points.std(axis=0) + 1e-12
    distances = np.linalg.norm((points[:, None] - centres[None]) / scale, axis=2)
    nearest = [unmodified[place].configuration.architecture for place in distances.argmin(axis=1)]
    own = sum(name == one.configuration.architecture for name, one in zip(nearest, scored, strict=True))
    return own, len(scored)


def _points(candidates: Sequence[Scored]) -> NDArray[np.float64]:
    return np.array([[np.log(one.cost.flops), *one.scores.values()] for one in candidates])


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and write both figures as SVG and PNG."""
    parser = argparse.ArgumentParser(description="The paper's Figs. 3 and 4 from a recorded run.")
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, default=Path("experiments/results"))
    options = parser.parse_args(arguments)
    run = RunDirectory.open(options.run)
    candidates = finished_steps.explored(run)
    options.out.mkdir(parents=True, exist_ok=True)
    selection, unmodified = finished_steps.selected(run), references(run)
    own, compared = nearest_to_their_own(candidates, unmodified)
    print(f"{own} of {compared} candidates lie nearest to the unmodified baseline of their own architecture")
    figures = {
        "figure_3": with_references(front_figure(candidates, selection), selection.objectives, unmodified),
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
