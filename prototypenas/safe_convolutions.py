"""Convolutions whose gradients stay within their memory: what differentiates any network goes through here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

SAFE_CHANNELS = 8
"""Input channels from which oneDNN's weight gradient of a strided 1x1 convolution keeps within its buffer."""


class SafeConvolutions(TorchFunctionMode):
    """For the time of the block, strided 1x1 convolutions of few channels drop the positions they skip beforehand.

    The result is the same. But oneDNN (PyTorch 2.15, AVX2) writes beyond its buffer when it computes the weight
    gradient of such a convolution from channels-last inputs: the gradient is wrong, and the process dies or computes on
    with damaged memory. It holds for every network, a user's own and a fake-quantized one too.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run `func`, and a convolution that is not safe in a safe form."""
        given = kwargs or {}
        return _strided_convolution(*args, **given) if func is torch.conv2d else func(*args, **given)


def _strided_convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: str | int | Sequence[int] = 0,
    *rest: Any,
    **named: Any,
) -> Tensor:
    steps = (stride,) if isinstance(stride, int) else tuple(stride)
    pads = (padding,) if isinstance(padding, str | int) else tuple(padding)
    pointwise = weight.shape[2:] == (1, 1) and not any(pad not in (0, "same", "valid") for pad in pads)
    if not pointwise or max(steps) == 1 or weight.shape[1] >= SAFE_CHANNELS:
        return torch.conv2d(input, weight, bias, stride, padding, *rest, **named)
    rows, columns = steps * 2 if len(steps) == 1 else steps
    return torch.conv2d(input[..., ::rows, ::columns], weight, bias, 1, 0, *rest, **named)
