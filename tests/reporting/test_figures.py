from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from prototypenas.reporting import front_figures
from prototypenas.reporting.drawing import HIGHLIGHT, architecture_styles, label_panels, svg_text
from prototypenas.reporting.front_figures import front_figure, pairs_figure, parallel_figure
from prototypenas.reporting.model_figures import memory_map_figure, training_figure


def test_front_has_a_panel_a_proxy_with_every_chosen_circled(full_report):
    figure = front_figure(full_report.candidates, full_report.selection)
    panels = [axes for axes in figure.axes if axes.axison]
    assert [axes.get_ylabel() for axes in panels] == ["MeCo", "ZiCo", "mine<&>"]
    feasible = sum(one.feasible for one in full_report.candidates)
    for axes, proxy in zip(panels, ("meco", "zico", "mine<&>"), strict=True):
        rings = axes.collections[-1]
        assert to_hex(rings.get_edgecolor()[0]) == HIGHLIGHT.lower()
        expected = [(one.cost.flops / 1e6, one.scores[proxy]) for one in full_report.selection.chosen]
        assert np.allclose(rings.get_offsets(), expected)
        assert sum(len(points.get_offsets()) for points in axes.collections[:-1]) == feasible


def test_pairs_cover_every_pair_of_objectives(full_report):
    figure = pairs_figure(full_report.selection)
    assert sum(axes.axison for axes in figure.axes) == 4 * 3 / 2


def test_parallel_lines_end_at_the_best_of_the_front(full_report):
    (axes,) = parallel_figure(full_report.selection).axes
    assert len(axes.lines) == len(full_report.selection.front) + len(full_report.selection.chosen)
    heights = np.array([line.get_ydata() for line in axes.lines])
    assert heights.min() == pytest.approx(0.0) and heights.max() == pytest.approx(1.0)


def test_architectures_look_different_and_the_same_in_every_run():
    styles = architecture_styles(["b", "a", "b", "c"])
    assert list(styles) == ["a", "b", "c"] and len(set(styles.values())) == 3
    assert architecture_styles(["c", "b", "a"]) == styles


def test_labels_of_close_points_do_not_cover_each_other():
    figure = Figure(figsize=(5, 4))
    axes = figure.subplots()
    places = [(0.5 + 0.01 * i, 0.5 + 0.01 * (i % 2)) for i in range(5)]
    axes.set(xlim=(0, 1), ylim=(0, 1))
    label_panels(figure, {axes: places}, [str(100 + i) for i in range(5)])
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_memory_map_draws_every_tensor_inside_the_arena(network):
    graph, plan = network
    (axes,) = memory_map_figure(graph, plan).axes
    boxes = [patch for patch in axes.patches if not str(patch.get_label()).lstrip("_").startswith(("scratch", "run"))]
    assert len(boxes) == len(plan.rows(graph))
    assert max(box.get_y() + box.get_height() for box in boxes) * 1024 == pytest.approx(plan.arena_bytes)
    assert all(box.get_y() >= 0 and box.get_width() >= 1 for box in boxes)


def test_training_draws_loss_and_accuracy_and_marks_the_phase(full_report):
    loss, accuracy = training_figure(full_report.models).axes
    curves = [line for line in loss.lines if len(line.get_xdata()) == 5]
    assert len(curves) == len(full_report.models)
    assert [line.get_xdata()[0] for line in loss.lines if line.get_linestyle() == ":"] == [3.5] * len(
        full_report.models
    )
    assert max(accuracy.lines[0].get_ydata()) == pytest.approx(88.0)


def test_figures_without_history_or_with_one_point_still_draw(full_report):
    selection = full_report.selection
    one = replace(selection, front=selection.chosen[:1], chosen=selection.chosen[:1], reasons=selection.reasons[:1])
    for figure in (
        front_figure(selection.chosen[:1], one),
        pairs_figure(one),
        parallel_figure(one),
        training_figure(()),
    ):
        assert svg_text(figure).startswith("<svg")


def test_a_front_of_thousands_is_thinned_and_keeps_its_ends():
    candidates = list(range(5000))
    shown = front_figures._thinned(candidates)
    assert len(shown) == front_figures.MOST_MARKS
    assert (shown[0], shown[-1]) == (0, 4999)
    assert len(set(shown)) == len(shown)
    assert front_figures._thinned(candidates[:10]) == candidates[:10]
