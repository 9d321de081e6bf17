import numpy as np
import pytest
import torch

from prototypenas.compression.calibration import (
    OBSERVERS,
    Histogram,
    calibrate,
    min_max_range,
    percentile_range,
    squared_error_range,
)
from prototypenas.compression.float_execution import execute
from prototypenas.compression.ranges import Range, join_ranges, quantization_of
from prototypenas.errors import QuantizationError


def histogram_of(values):
    counts, _ = np.histogram(values, 2048, (values.min(), values.max()))
    return Histogram(float(values.min()), float(values.max()), counts.astype(np.float64))


def quantization_error(values, limits):
    found = quantization_of(limits)
    integers = np.clip(np.rint(values / found.scale) + found.zero_point, -128, 127)
    return float(np.square((integers - found.zero_point) * found.scale - values).mean())


def with_outliers(seed=0):
    random = np.random.default_rng(seed)
    return np.concatenate([random.normal(size=400_000), [15.0, -12.0]])


def test_min_max_covers_every_value_of_every_batch(float_graph, data):
    batches = [data(float_graph, 8, seed=seed) for seed in range(3)]
    ranges = calibrate(float_graph, batches, observer=min_max_range)
    for batch in batches:
        for name, values in execute(float_graph, batch).items():
            assert ranges[name].lower <= float(values.min()) + 1e-6
            assert ranges[name].upper >= min(6.0, float(values.max())) - 1e-6


@pytest.mark.parametrize("name", sorted(OBSERVERS))
def test_ranges_hold_zero_and_are_joined(float_graph, data, name):
    ranges = calibrate(float_graph, [data(float_graph)], observer=OBSERVERS[name])
    assert ranges.keys() == float_graph.tensors.keys()
    assert all(limits.lower <= 0.0 <= limits.upper for limits in ranges.values())
    assert ranges == join_ranges(float_graph, ranges)


def test_percentile_leaves_out_the_outliers_and_no_more():
    values = with_outliers()
    limits = percentile_range(histogram_of(values), 99.9)
    outside = np.mean((values < limits.lower) | (values > limits.upper))
    assert limits.upper < 6 and limits.lower > -6
    assert outside <= 0.002
    everything = percentile_range(histogram_of(values), 100.0)
    assert (everything.lower, everything.upper) == pytest.approx((values.min(), values.max()))


def test_least_squared_error_beats_every_range_on_a_grid():
    values = with_outliers()
    chosen = quantization_error(values, squared_error_range(histogram_of(values)))
    lowest, highest = values.min(), values.max()
    grid = [
        quantization_error(values, Range(lowest * low, highest * high))
        for low in np.linspace(0.2, 1, 9)
        for high in np.linspace(0.2, 1, 9)
    ]
    assert chosen <= 1.02 * min(grid)
    assert chosen < 0.9 * quantization_error(values, min_max_range(histogram_of(values)))


def test_constant_and_zero_inputs_are_calibrated(float_graph):
    zeros = torch.zeros(4, *float_graph.input_shape)
    for observer in OBSERVERS.values():
        ranges = calibrate(float_graph, [zeros], observer=observer)
        assert all(limits.upper > limits.lower for limits in ranges.values())


def test_no_batches_and_values_that_are_not_finite_are_refused(float_graph, data):
    with pytest.raises(QuantizationError, match="at least one"):
        calibrate(float_graph, [])
    broken = data(float_graph)
    broken[0, 0, 0] = float("nan")
    with pytest.raises(QuantizationError, match="tensor x"):
        calibrate(float_graph, [broken])
