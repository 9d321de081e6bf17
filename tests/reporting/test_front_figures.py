from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from prototypenas.reporting import front_figures
from prototypenas.reporting.drawing import HIGHLIGHT, svg_text
from prototypenas.reporting.front_figures import front_figure, pairs_figure, parallel_figure
from prototypenas.types import Scored


def test_front_has_a_panel_a_proxy_with_every_chosen_circled(full_report):
    figure = front_figure(full_report.candidates, full_report.selection)
    panels = [axes for axes in figure.axes if axes.axison]
    assert [axes.get_ylabel() for axes in panels] == ["MeCo", "ZiCo", "mine<&>"]
    feasible = sum(isinstance(one, Scored) for one in full_report.candidates)
    for axes, proxy in zip(panels, ("meco", "zico", "mine<&>"), strict=True):
        rings = axes.collections[-1]
        assert to_hex(rings.get_edgecolor()[0]) == HIGHLIGHT.lower()
        expected = [(one.cost.flops / 1e6, one.scores[proxy]) for one in full_report.selection.chosen]
        assert np.allclose(rings.get_offsets(), expected)
        assert sum(len(points.get_offsets()) for points in axes.collections[:-1]) == feasible


def test_pairs_cover_every_pair_of_objectives(full_report):
    figure = pairs_figure(full_report.candidates, full_report.selection)
    assert sum(axes.axison for axes in figure.axes) == 4 * 3 / 2


def test_parallel_lines_end_at_the_best_of_the_front(full_report):
    (axes,) = parallel_figure(full_report.candidates, full_report.selection).axes
    assert len(axes.lines) == len(full_report.selection.front) + len(full_report.selection.chosen)
    heights = np.array([line.get_ydata() for line in axes.lines])
    assert heights.min() == pytest.approx(0.0) and heights.max() == pytest.approx(1.0)


def test_a_front_of_thousands_is_thinned_and_keeps_its_ends():
    candidates = list(range(5000))
    shown = front_figures.thinned(candidates)
    assert len(shown) == front_figures.MOST_MARKS
    assert (shown[0], shown[-1]) == (0, 4999)
    assert len(set(shown)) == len(shown)
    assert front_figures.thinned(candidates[:10]) == candidates[:10]


def test_scores_over_many_decades_get_a_logarithmic_axis(full_report):
    rng = np.random.default_rng(1)
    candidates = [
        replace(one, scores={**one.scores, "meco": float(10 ** rng.uniform(0, 6))}) if isinstance(one, Scored) else one
        for one in full_report.candidates
    ]
    by_number = {one.number: one for one in candidates}
    selection = full_report.selection
    selection = replace(selection, chosen=tuple(by_number[one.number] for one in selection.chosen))
    first, second, _ = [axes for axes in front_figure(candidates, selection).axes if axes.axison]
    assert first.get_yscale() == "log"
    assert second.get_yscale() == "linear"


def test_a_few_extreme_scores_are_left_beyond_the_axis_and_counted(full_report):
    chosen = {one.number for one in full_report.selection.chosen}
    (odd, *_) = [one.number for one in full_report.candidates if isinstance(one, Scored) and one.number not in chosen]
    many = [replace(one, number=1000 * copy + one.number) for copy in range(4) for one in full_report.candidates]
    candidates = [replace(one, scores={**one.scores, "meco": -1e6}) if one.number == odd else one for one in many]
    axes = front_figure(candidates, full_report.selection).axes[0]
    assert axes.get_ylim()[0] > -1000
    assert axes.get_title(loc="left") == "1 beyond the y axis, drawn at its edge"
    assert svg_text(axes.figure)
