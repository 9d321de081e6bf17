"""A network whose gradients oneDNN computes beyond its buffer, and a watch over how they are computed."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode


def own_network() -> nn.Sequential:
    """Build what a user may bring: PyTorch's layers, a strided 1x1 convolution of five channels among them."""
    return nn.Sequential(
        nn.Conv2d(1, 5, 1), nn.Conv2d(5, 14, 1, stride=2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(14, 10)
    )


class StridedPointwise(TorchFunctionMode):
    """Counts strided 1x1 convolutions of few channels that are computed to be differentiated."""

    differentiated = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func is torch.conv2d and torch.is_grad_enabled():
            weight, stride = args[1], args[3]
            few = weight.shape[1] < 8 and weight.shape[2:] == (1, 1)
            self.differentiated += few and max(stride if isinstance(stride, tuple) else (stride,)) > 1
        return func(*args, **(kwargs or {}))
