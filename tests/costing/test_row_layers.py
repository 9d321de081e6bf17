"""Which input rows a step reads."""

import pytest
from torch import nn

from prototypenas.costing.row_layers import _rule, is_series, row_layers, rows_and_bytes, with_steps_as_rows
from prototypenas.graph.lowering import lower
from prototypenas.graph.operator import RowReads


@pytest.mark.parametrize(
    ("rows", "in_rows", "reads", "needs", "firsts"),
    [
        (4, 4, RowReads(3, padding=1), (2, 3, 4, 4), (0, 0, 1, 2, 4)),
        (2, 4, RowReads(2, stride=2), (2, 4), (0, 2, 4)),
        (4, 2, RowReads(1, repeat=2), (1, 1, 2, 2), (0, 0, 1, 1, 2)),
        (1, 3, RowReads(1, summed=True), (1, 2, 3), (0, 1, 2, 3)),
    ],
)
def test_a_step_needs_its_window_and_frees_what_is_before_it(rows, in_rows, reads, needs, firsts):
    rule = _rule(rows, in_rows, reads)
    assert (rule.needs, rule.firsts, rule.sums) == (needs, firsts, reads.summed) and rule.steps == len(needs)


def test_rows_of_a_series_are_its_steps():
    graph = lower(nn.Sequential(nn.Conv1d(3, 4, 5, stride=2), nn.ReLU()), (3, 21))
    assert is_series(graph) and rows_and_bytes(graph.tensors[graph.input], series=True) == (21, 3)
    turned = with_steps_as_rows(graph)
    assert turned.operators[0].window.kernel == (5, 1) and turned.tensors[graph.input].height == 21
    again = with_steps_as_rows(turned)
    assert again.operators[0].window == graph.operators[0].window and again.tensors == graph.tensors


def test_a_mean_over_the_map_is_summed_row_by_row_and_a_flattened_layer_is_not_run_by_rows():
    graph = lower(nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)), (3, 8, 8))
    conv, mean, linear = (layers[0] for layers in row_layers(graph, {name: name for name in graph.tensors}))
    assert conv.by_rows and not conv.rule.sums and conv.sum_bytes == 0
    assert mean.rule.sums and mean.rule.steps == 6 and mean.sum_bytes == 16
    assert linear.rule.steps == 1
