import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prototypenas.detection.letterbox import Letterbox

SIDES = st.integers(1, 5000)
INPUTS = st.integers(32, 640)


@given(SIDES, SIDES, INPUTS, INPUTS, st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_a_box_comes_back_and_lies_inside(height, width, rows, columns, shares):
    placed = Letterbox.of((height, width), (rows, columns))
    assert placed.left >= 0 and placed.left + placed.width <= columns
    assert placed.top >= 0 and placed.top + placed.height <= rows
    box = np.array(shares) * [width, height, width, height]
    there = placed.forward(box)
    assert np.abs(placed.inverse(there) - box).max() < 1e-4
    # The pasted picture is a whole number of pixels, so up to half a pixel is rounded on each side.
    assert (there >= [placed.left - 1, placed.top - 1] * 2).all()
    assert (there <= [placed.left + placed.width + 1, placed.top + placed.height + 1] * 2).all()


def test_a_wide_picture_is_centred_in_its_height():
    placed = Letterbox.of((240, 480), (128, 128))
    assert (placed.left, placed.top, placed.width, placed.height) == (0, 32, 128, 64)
