"""What recording an operator with weights needs: its window, its weights as arrays."""

import numpy as np
from torch import Tensor

from prototypenas.graph.tensors import FloatWeights, Window
from prototypenas.graph.traced_windows import Numbers, height_and_width, spread
from prototypenas.graph.tracing import Handler, Traced


def convolution_window(
    input: Traced, weight: Tensor, stride: Numbers, *, padding: Numbers | str, dilation: Numbers
) -> Window:
    """Return the window of a convolution's arguments, with the zeros that the input waits to have around it."""
    dimensions = weight.dim() - 2
    kernel = height_and_width(weight.shape[2:], 1)
    strides = height_and_width(spread(stride, dimensions), 1)
    given = height_and_width(spread(dilation, dimensions), 1)
    steps = (given[0] if kernel[0] > 1 else 1, given[1] if kernel[1] > 1 else 1)
    spans = [(size - 1) * step for size, step in zip(kernel, steps, strict=True)]
    if padding == "same":
        before, after = [span // 2 for span in spans], [span - span // 2 for span in spans]
    else:
        before = list((0, 0) if isinstance(padding, str) else height_and_width(spread(padding, dimensions), 0))
        after = before
    top, left, bottom, right = input.padding
    sides = (top + before[0], left + before[1], bottom + after[0], right + after[1])
    return Window(kernel, strides, sides, steps)


def weights_of(weight: Tensor, bias: Tensor | None, arrange: Handler) -> FloatWeights | None:
    """Return weights and bias as `arrange` lays them out; None on the meta device, zeros for a missing bias."""
    if weight.is_meta:
        return None
    array = np.ascontiguousarray(arrange(weight.detach().cpu().float().numpy()))
    offsets = np.zeros(weight.shape[0], np.float32) if bias is None else bias.detach().cpu().float().numpy().copy()
    return FloatWeights(array, offsets)
