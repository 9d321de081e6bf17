import math

import numpy as np
import pytest
import torch

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.layer_noise import layer_noise, signal_to_noise_db
from prototypenas.compression.quantization import quantize
from prototypenas.compression.ranges import Range
from prototypenas.errors import QuantizationError


def test_ratio_is_that_of_the_powers():
    signal = np.array([3.0, 4.0], np.float32)
    assert signal_to_noise_db(signal, signal + np.float32(0.5)) == pytest.approx(10 * math.log10(25 / 0.5))
    assert signal_to_noise_db(signal, signal) == math.inf
    assert signal_to_noise_db(signal * 0, signal) == -math.inf


def test_every_layer_is_named_and_quiet_on_its_own(float_graph, data):
    inputs = data(float_graph, 32)
    rows = layer_noise(float_graph, quantize(float_graph, calibrate(float_graph, [inputs])), inputs)
    assert [row.tensor for row in rows] == [operator.output for operator in float_graph.operators]
    assert min(row.own_snr_db for row in rows) > 25
    assert all(0 <= row.saturated_share < 0.2 for row in rows)


def test_the_layer_that_hurts_has_the_lowest_ratio_of_its_own(image_graphs, data):
    graph, inputs = image_graphs(0), data(image_graphs(0), 32)
    ranges = calibrate(graph, [inputs]) | {"mixed": Range(-0.1, 0.1)}
    rows = layer_noise(graph, quantize(graph, ranges), inputs)
    worst = min(rows, key=lambda row: row.own_snr_db)
    assert worst.tensor == "mixed" and worst.saturated_share > 0.3
    assert {row.tensor: row for row in rows}["total"].own_snr_db > worst.own_snr_db + 10


def test_graphs_of_different_networks_are_refused(image_graphs, builder, data):
    build = builder((3, 9, 7), 0)
    other = build.graph(build.conv("y", "x", 2))
    integers = quantize(other, calibrate(other, [data(other)]))
    with pytest.raises(QuantizationError, match="different operators"):
        layer_noise(image_graphs(0), integers, torch.zeros(1, 3, 9, 7))
