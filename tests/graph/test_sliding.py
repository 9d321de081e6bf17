import itertools

import pytest
import torch
from torch.nn import functional as F

from prototypenas.graph.sliding import narrowed, rescaled, round_up, taps, window_lead, window_rows
from prototypenas.graph.tensors import TensorSpec, Window

WINDOWS = [
    Window((3, 3), (1, 1), (1, 1, 1, 1)),
    Window((3, 2), (2, 1), (0, 1, 1, 0)),
    Window((2, 3), (1, 2), (0, 0, 0, 0), (2, 1)),
    Window((1, 1), (2, 2), (0, 0, 0, 0)),
]


@pytest.mark.parametrize("window", WINDOWS)
def test_taps_are_what_pytorch_puts_under_the_window(window):
    inputs = torch.randint(-9, 9, (2, 3, 7, 6)).float()
    found = torch.stack(taps(inputs, window, 5), dim=2)
    top, left, bottom, right = window.padding
    maps = F.pad(inputs, (left, right, top, bottom), value=5.0)
    expected = F.unfold(maps, window.kernel, dilation=window.dilation, stride=window.stride)
    assert torch.equal(found.flatten(3), expected.view(2, 3, -1, found[0, 0, 0].numel()))


@pytest.mark.parametrize(("window", "channels"), list(itertools.product(WINDOWS, [(1, 1), (2, 5), (5, 2)])))
def test_writing_behind_the_lead_never_meets_what_is_still_read(window, channels):
    spec, (inner, outer) = TensorSpec("in", 7, 6, channels[0]), channels
    (high, wide), (down, right) = window.span, window.stride
    top, left, bottom, far = window.padding
    height, width = (7 + top + bottom - high) // down + 1, (6 + left + far - wide) // right + 1
    output = TensorSpec("out", height, width, outer)
    behind = [
        (row * width + column) * outer - ((max(0, row * down - top) * 6) + max(0, column * right - left)) * inner
        for row in range(height)
        for column in range(width)
    ]
    assert min(max(0, *behind), output.elements) <= window_lead(window, spec, output) <= output.elements


def test_rows_under_the_window_go_by_its_span():
    rows, columns = (window_rows(WINDOWS[2], columns=columns) for columns in (False, True))
    assert (rows.kernel, rows.stride, columns.kernel, columns.stride) == (3, 1, 3, 2)


def test_integers_are_rounded_by_their_offset_and_clamped():
    assert rescaled(torch.tensor([5, -5]), 3, 2, 2).tolist() == [4, -4]
    assert narrowed(torch.tensor([300, -300, 1]), 2, -128).tolist() == [127, -128, 3]
    assert narrowed(torch.tensor([-300]), 2, 2).tolist() == [2]
    assert [round_up(count, 4) for count in (0, 1, 4, 5)] == [0, 4, 4, 8]
