from dataclasses import replace

import pytest

from prototypenas.reporting.drawing import svg_text
from prototypenas.reporting.front_figures import front_figure, pairs_figure, parallel_figure
from prototypenas.reporting.model_figures import memory_map_figure, training_figure


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
