"""Windows of PyTorch's arguments, and what `ceil_mode` adds."""

import pytest
from torch.nn import functional as F

from prototypenas.graph.traced_windows import _ceil_padding, height_and_width, spread
from tests.graph.lambdas import lowered


@pytest.mark.parametrize("size", range(4, 12))
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, 2, 0), (3, 2, 1), (3, 3, 0), (2, 3, 0), (3, 2, 0)])
def test_ceil_mode_gives_pytorchs_size_and_values(size, kernel, stride, padding):
    lowered(lambda x: F.max_pool2d(x, kernel, stride, padding, ceil_mode=True), (2, size, size))


def test_a_window_that_would_start_in_the_added_rows_is_left_out():
    assert _ceil_padding(5, 0, 2, 2) == 1
    assert _ceil_padding(6, 0, 2, 2) == 0
    assert _ceil_padding(4, 1, 1, 3) == 0, "it would start beyond the map and its padding"


def test_one_number_is_all_dimensions_and_a_series_has_height_1():
    assert spread(3, 2) == (3, 3) and spread([1, 2], 2) == (1, 2) and spread((4,), 2) == (4, 4)
    assert height_and_width((5, 7), 1) == (5, 7) and height_and_width((7,), 1) == (1, 7)
    assert height_and_width((7,), 0) == (0, 7)


def test_the_stride_of_a_pooling_is_its_kernel_unless_given():
    assert lowered(lambda x: F.max_pool1d(x, 3), (4, 12)).operators[-1].window.stride == (1, 3)
    assert lowered(lambda x: F.max_pool1d(x, 3, 2), (4, 12)).operators[-1].window.stride == (1, 2)
