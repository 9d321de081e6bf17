"""The explored candidates, their Pareto front and the chosen ones, seen in different objectives."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from prototypenas.objectives import FLOPS, Objective
from prototypenas.reporting.drawing import (
    FAINT,
    HIGHLIGHT,
    architecture_styles,
    house_style,
    label_panels,
    model_styles,
)
from prototypenas.reporting.page_figure import marks_of
from prototypenas.selection import Selection
from prototypenas.types import Explored, Scored

MOST_MARKS = 300
"""Marks of one kind in a panel, lines in a parallel plot: more only hide each other and swell the page."""
DECADES = 1.5
"""A score whose positive values span more is drawn on a logarithmic axis."""
INNER = (1.0, 99.0)
"""Percentiles between which nearly all of a score lies; values far beyond them are drawn at the edge of the panel."""


def front_figure(candidates: Sequence[Explored], selection: Selection) -> Figure:
    """Draw each objective against the first, which is FLOPs unless asked otherwise (paper, Fig. 3).

    Colour and marker by architecture, the chosen circled.
    """
    first, *others = selection.objectives
    columns = min(2, max(1, len(others)))
    rows = max(1, -(-len(others) // columns))
    with house_style():
        figure = Figure(figsize=(4.6 * columns, 3.5 * rows + 0.5), layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, other in zip(panels, others, strict=False):
            _scatter(axes, candidates, selection, (first, other), _styles(candidates))
            _ticks(axes, first, (1.0, 2.0, 5.0))
        for axes in panels[len(others) :]:
            axes.set_axis_off()
        _legend(figure, selection, candidates, _styles(candidates), columns=3 if columns == 1 else 7)
        _label_chosen(figure, selection, {axes: (first, other) for axes, other in zip(panels, others, strict=False)})
    return figure


def pairs_figure(candidates: Sequence[Explored], selection: Selection) -> Figure:
    """Draw the front projected on every pair of objectives; colours are those of all candidates' architectures."""
    pairs = list(combinations(selection.objectives, 2)) or [(selection.objectives[0],) * 2]
    columns = min(4, len(pairs))
    rows = -(-len(pairs) // columns)
    with house_style():
        figure = Figure(figsize=(3.2 * columns, 2.8 * rows + 0.5), layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, pair in zip(panels, pairs, strict=False):
            _scatter(axes, selection.front, selection, pair, _styles(candidates))
            _ticks(axes, pair[0], (1.0,))
        for axes in panels[len(pairs) :]:
            axes.set_axis_off()
        _legend(figure, selection, selection.front, _styles(candidates), columns=3 if columns == 1 else 7)
        _label_chosen(figure, selection, dict(zip(panels, pairs, strict=False)))
    return figure


def parallel_figure(candidates: Sequence[Explored], selection: Selection) -> Figure:
    """Draw every front model as a line across the normalised objectives, best at the top; the chosen in colour."""
    architectures = {one.number: one.configuration.architecture for one in selection.chosen}
    objectives = selection.objectives
    with house_style():
        figure = Figure(figsize=(10.0, 4.2), layout="constrained")
        axes = figure.subplots()
        places = np.arange(len(objectives))
        for candidate in thinned(selection.front):
            axes.plot(places, _goodness(candidate, selection), color=FAINT, linewidth=0.7, alpha=0.6, zorder=1)
        styles = _styles(candidates)
        lines = model_styles(architectures, styles)
        for candidate in selection.chosen:
            colour, dashes = lines[candidate.number]
            marker = styles[candidate.configuration.architecture][1]
            label = f"{candidate.number} {candidate.configuration.architecture}"
            goodness = _goodness(candidate, selection)
            axes.plot(places, goodness, dashes, color=colour, marker=marker, linewidth=2.2, label=label, zorder=3)
        ticks = [f"{one.label}\n({'less' if one.minimised else 'more'} ↑)" for one in objectives]
        axes.set_xticks(places, ticks)
        axes.set_yticks([0.0, 0.5, 1.0], ["worst", "", "best\nof front"])
        axes.set_ylim(-0.05, 1.05)
        figure.legend(loc="outside right upper", title="Chosen")
    return figure


def values_of(candidates: Sequence[Scored], objective: Objective) -> list[float]:
    """Return an objective as it is printed: MFLOPs, milliseconds, a proxy's score."""
    return [objective.value(candidate) / objective.scale for candidate in candidates]


def shown(candidates: Sequence[Explored], selection: Selection) -> list[Scored]:
    """Return the candidates that are drawn one by one: of the front and of the others at most `MOST_MARKS` each."""
    inside, outside = _inside_and_outside(candidates, selection)
    return [*inside, *outside]


def _inside_and_outside(
    candidates: Sequence[Explored], selection: Selection
) -> tuple[Sequence[Scored], Sequence[Scored]]:
    feasible = [candidate for candidate in candidates if isinstance(candidate, Scored)]
    front = {candidate.number for candidate in selection.front}
    inside = [candidate for candidate in feasible if candidate.number in front]
    return thinned(inside), thinned([candidate for candidate in feasible if candidate.number not in front])


def _styles(candidates: Sequence[Explored]) -> dict[str, tuple[str, str]]:
    return architecture_styles([candidate.configuration.architecture for candidate in candidates])


def _scatter(
    axes: Axes,
    candidates: Sequence[Explored],
    selection: Selection,
    pair: tuple[Objective, Objective],
    styles: Mapping[str, tuple[str, str]],
) -> None:
    inside, outside = _inside_and_outside(candidates, selection)
    limits = [_limits(objective, [*inside, *outside], selection.chosen) for objective in pair]
    for name, (colour, marker) in styles.items():
        for some, alpha, size, layer in ((outside, 0.25, 14, 2), (inside, 0.9, 22, 3)):
            of_this = [candidate for candidate in some if candidate.configuration.architecture == name]
            x, y = (np.clip(values_of(of_this, one), *limit) for one, limit in zip(pair, limits, strict=True))
            points = axes.scatter(x, y, s=size, c=colour, marker=marker, alpha=alpha, linewidths=0, zorder=layer)
            points.set_gid(marks_of([candidate.number for candidate in of_this]))
    x, y = (np.array(values_of(selection.chosen, objective)) for objective in pair)
    rings = axes.scatter(x, y, s=110, facecolors="none", edgecolors=HIGHLIGHT, linewidths=1.8, zorder=5)
    rings.set_gid(marks_of([candidate.number for candidate in selection.chosen]))
    axes.set_xlabel(pair[0].label)
    axes.set_ylabel(pair[1].label)
    axes.margins(0.08)
    for axis, objective, limit in zip(("x", "y"), pair, limits, strict=True):
        values = np.array(values_of([*inside, *outside], objective))
        beyond = int(((values < limit[0]) | (values > limit[1])).sum())
        if beyond:
            axes.set_title(f"{beyond} beyond the {axis} axis, drawn at its edge", fontsize=8.5, fontweight="normal")
        elif objective != FLOPS and _spans_decades(values):
            axes.set(**{f"{axis}scale": "log"})


def _limits(objective: Objective, drawn: Sequence[Scored], chosen: Sequence[Scored]) -> tuple[float, float]:
    """Return between which values an objective is drawn, so that a few extreme ones do not press the others together.

    The chosen are always within; what can be drawn on a logarithmic axis is drawn whole.
    """
    values = np.array(values_of(drawn, objective))
    if objective == FLOPS or len(values) < 3 or _spans_decades(values):
        return -np.inf, np.inf
    low, high = np.percentile(values, INNER)
    kept = values_of(chosen, objective)
    low, high = float(min(low, *kept)), float(max(high, *kept))
    return (-np.inf, np.inf) if np.ptp(values) < 3 * (high - low) else (low, high)


def _spans_decades(values: NDArray[np.float64]) -> bool:
    return len(values) > 0 and bool(values.min() > 0) and bool(np.log10(values.max() / values.min()) > DECADES)


def thinned(candidates: Sequence[Scored], most: int = MOST_MARKS) -> Sequence[Scored]:
    """Return at most so many of the candidates, evenly over their order."""
    if len(candidates) <= most:
        return candidates
    return [candidates[int(place)] for place in np.linspace(0, len(candidates) - 1, most)]


def _label_chosen(figure: Figure, selection: Selection, panels: Mapping[Axes, tuple[Objective, Objective]]) -> None:
    points = {
        axes: list(zip(*(values_of(selection.chosen, objective) for objective in pair), strict=True))
        for axes, pair in panels.items()
    }
    label_panels(figure, points, [str(candidate.number) for candidate in selection.chosen])


def _ticks(axes: Axes, objective: Objective, subdivisions: tuple[float, ...]) -> None:
    if objective == FLOPS:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=subdivisions))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())


def _legend(
    figure: Figure,
    selection: Selection,
    candidates: Sequence[Explored],
    styles: Mapping[str, tuple[str, str]],
    *,
    columns: int,
) -> None:
    drawn = {candidate.configuration.architecture for candidate in candidates if isinstance(candidate, Scored)}
    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="none", markersize=6, label=name)
        for name, (colour, marker) in styles.items()
        if name in drawn
    ]
    ring = Line2D([], [], marker="o", linestyle="none", markersize=10, markerfacecolor="none")
    ring.set(markeredgecolor=HIGHLIGHT, markeredgewidth=1.8, label=f"chosen ({len(selection.chosen)})")
    handles.append(ring)
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), columns))


def _goodness(candidate: Scored, selection: Selection) -> list[float]:
    scale = selection.normalisation
    values = [one.oriented(one.value(candidate)) for one in selection.objectives]
    return [float(1.0 - value) for value in scale.apply(np.array([values]))[0]]
