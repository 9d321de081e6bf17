import pytest

from evaluators.datasets.own_data.columns import steps_by_channel


@pytest.mark.parametrize(
    ("names", "channels"),
    [
        (["x0", "x1", "y0", "y1"], {"x": ["x0", "x1"], "y": ["y0", "y1"]}),
        (["y1", "x2", "y2", "x1"], {"y": ["y1", "y2"], "x": ["x1", "x2"]}),
        (["t10", "t9", "t11"], {"t": ["t9", "t10", "t11"]}),
    ],
)
def test_counted_columns_are_steps_of_channels(names, channels):
    assert steps_by_channel(names) == channels


@pytest.mark.parametrize("names", [["x0"], ["x0", "x2"], ["x0", "x1", "y0"], ["x0", "x1", "speed"]])
def test_columns_that_are_not_counted_alike_are_no_steps(names):
    assert steps_by_channel(names) is None
