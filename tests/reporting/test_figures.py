from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from prototypenas.costing.targets import load_targets
from prototypenas.reporting import front_figures
from prototypenas.reporting.drawing import HIGHLIGHT, architecture_styles, label_panels, model_styles, svg_text
from prototypenas.reporting.front_figures import front_figure, pairs_figure, parallel_figure
from prototypenas.reporting.model_figures import memory_map_figure, training_figure
from prototypenas.reporting.tradeoff_figures import tradeoff_figures
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
    assert max(box.get_y() + box.get_height() for box in boxes) * 1000 == pytest.approx(plan.arena_bytes)
    assert all(box.get_y() >= 0 and box.get_width() >= 1 for box in boxes)


def test_training_draws_loss_and_accuracy_and_marks_the_phase(full_report):
    loss, accuracy = training_figure(full_report.models, ["mbednet", "resnet18"]).axes
    curves = [line for line in loss.lines if len(line.get_xdata()) == 5]
    assert len(curves) == len(full_report.models)
    assert [line.get_xdata()[0] for line in loss.lines if line not in curves] == [3.5] * len(full_report.models)
    assert max(accuracy.lines[0].get_ydata()) == pytest.approx(88.0)


def test_figures_without_history_or_with_one_point_still_draw(full_report):
    selection = full_report.selection
    one = replace(selection, front=selection.chosen[:1], chosen=selection.chosen[:1], reasons=selection.reasons[:1])
    for figure in (
        front_figure(selection.chosen[:1], one),
        pairs_figure(selection.chosen[:1], one),
        parallel_figure(selection.chosen[:1], one),
        training_figure((), ()),
    ):
        assert svg_text(figure).startswith("<svg")


def test_a_front_of_thousands_is_thinned_and_keeps_its_ends():
    candidates = list(range(5000))
    shown = front_figures.thinned(candidates)
    assert len(shown) == front_figures.MOST_MARKS
    assert (shown[0], shown[-1]) == (0, 4999)
    assert len(set(shown)) == len(shown)
    assert front_figures.thinned(candidates[:10]) == candidates[:10]


def test_an_architecture_has_one_colour_and_mark_on_every_figure(full_report):
    candidates, selection = full_report.candidates, full_report.selection
    styles = architecture_styles([one.configuration.architecture for one in candidates])
    only = replace(selection, front=[one for one in selection.front if one.configuration.architecture == "resnet18"])
    figures = [front_figure(candidates, selection), pairs_figure(candidates, only)]
    figures += [figure for _, figure in tradeoff_figures(full_report.models, None, list(styles), recommended=None)]
    for figure in figures:
        drawn = {
            to_hex(one.get_facecolor()[0])
            for axes in figure.axes
            for one in axes.collections
            if len(one.get_facecolor())
        }
        assert drawn <= {colour.lower() for colour, _ in styles.values()}, drawn
    labels = {text.get_text() for text in figures[1].legends[0].get_texts()}
    assert "resnet18" in labels and "mbednet" not in labels
    handles = {handle.get_label(): handle for handle in figures[1].legends[0].legend_handles}
    assert handles["resnet18"].get_color() == styles["resnet18"][0]


def test_models_of_one_architecture_share_its_colour_and_differ_in_their_line():
    styles = architecture_styles(["a", "b"])
    found = model_styles({3: "a", 5: "b", 9: "a"}, styles)
    assert found[3][0] == found[9][0] == styles["a"][0] != found[5][0]
    assert found[3][1] != found[9][1]


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


def test_limits_are_drawn_where_accuracy_stands_against_memory(full_report):
    target = load_targets([])["stm32f746"]
    drawn = dict(tradeoff_figures(full_report.models, target, ["mbednet"], recommended=1))
    assert [resource.name for resource in drawn] == ["RAM", "ROM", "Latency"]
    for resource, figure in drawn.items():
        (axes,) = figure.axes
        limits = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 2]
        assert limits == ([] if resource.limit is None else [resource.limit])
        places = [point.get_offsets()[0] for point in axes.collections if str(point.get_gid()).startswith("marks:")]
        assert [y for _, y in places] == [100 * model.evaluation.int8_score for model in full_report.models]
