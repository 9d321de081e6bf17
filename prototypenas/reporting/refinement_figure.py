"""What the short trainings said of each candidate, and how the race went."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prototypenas.refinement.refinement_table import Refinement
from prototypenas.reporting.drawing import FAINT, HIGHLIGHT, INK, architecture_styles, house_style, model_styles
from prototypenas.reporting.page_figure import marks_of
from prototypenas.types import Explored, Scored


def refinement_figure(refinement: Refinement, candidates: Sequence[Explored], chosen: Sequence[int]) -> Figure:
    """Draw each candidate's estimate with its standard error against FLOPs, and its held-out score rung by rung."""
    by_number = {one.number: one for one in candidates if isinstance(one, Scored)}
    styles = architecture_styles([one.configuration.architecture for one in candidates])
    with house_style():
        figure = Figure(figsize=(10.0, 3.9), layout="constrained")
        estimated, race = figure.subplots(1, 2)
        _draw_estimates(estimated, refinement, by_number, chosen, styles)
        names = {number: by_number[number].configuration.architecture for number in chosen}
        _draw_race(race, refinement, model_styles(names, styles))
        figure.legend(*estimated.get_legend_handles_labels(), loc="outside lower center", ncols=6)
    return figure


def _draw_estimates(
    axes: Axes,
    refinement: Refinement,
    by_number: Mapping[int, Scored],
    chosen: Sequence[int],
    styles: Mapping[str, tuple[str, str]],
) -> None:
    named: set[str] = set()
    for one in refinement.estimates:
        candidate = by_number[one.candidate]
        name = candidate.configuration.architecture
        colour, marker = styles[name]
        place, height = candidate.cost.flops / 1e6, 100 * one.score
        label = None if name in named else name
        named.add(name)
        axes.errorbar(place, height, 100 * one.error, fmt="none", ecolor=colour, elinewidth=0.8, capsize=2)
        axes.scatter([place], [height], c=colour, marker=marker, s=30, label=label, zorder=3).set_gid(
            marks_of([one.candidate])
        )
        if one.candidate in chosen:
            axes.scatter([place], [height], s=110, facecolors="none", edgecolors=HIGHLIGHT, linewidths=1.8, zorder=4)
            _name(axes, one.candidate, (place, height))
    axes.set_xscale("log")
    axes.set_xlabel("MFLOPs")
    axes.set_title("Estimated score after the last rung [%]")


def _draw_race(axes: Axes, refinement: Refinement, chosen: Mapping[int, tuple[str, str]]) -> None:
    """Draw each candidate's scores over the rungs; the chosen in the colour and dashes given for them."""
    for number in sorted({one.candidate for one in refinement.rungs}):
        rungs = sorted((one for one in refinement.rungs if one.candidate == number), key=lambda one: one.rung)
        colour, dashes = chosen.get(number, (FAINT, "-"))
        width, depth = (2.0, 3) if number in chosen else (0.8, 1)
        steps, scores = [one.steps for one in rungs], [100 * one.score for one in rungs]
        axes.plot(steps, scores, dashes, color=colour, linewidth=width, marker="o", markersize=3, zorder=depth)
        if number in chosen:
            _name(axes, number, (steps[-1], scores[-1]))
    axes.set_xscale("log")
    axes.set_xlabel("optimizer steps")
    axes.set_title("Score on held-out training data [%]")


def _name(axes: Axes, number: int, place: tuple[float, float]) -> None:
    axes.annotate(str(number), place, xytext=(6, 5), textcoords="offset points", color=INK, fontweight="bold")
