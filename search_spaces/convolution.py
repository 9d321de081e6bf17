"""Convolution, normalisation and rectifier: the unit that all architectures are made of, in one or two dimensions."""

from torch import Tensor, nn
from torch.nn import functional

SAFE_CHANNELS = 8
"""Input channels from which oneDNN's weight gradient of a strided 1x1 convolution keeps within its buffer."""


class Convolution2d(nn.Conv2d):
    """`nn.Conv2d` that skips drawing weights where there are none (meta device): a search builds thousands.

    In training, a strided 1x1 convolution of few channels drops the skipped positions first. The result is the same;
    but oneDNN (PyTorch 2.15, AVX2) writes beyond its buffer when it computes the weight gradient from channels-last
    inputs, and the process dies or computes on with damaged memory.
    """

    def reset_parameters(self) -> None:
        """Draw PyTorch's default weights."""
        if not self.weight.is_meta:
            super().reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        """Map `(N, in_channels, H, W)` to the convolved map."""
        unsafe = self.kernel_size == (1, 1) and self.stride != (1, 1) and self.in_channels < SAFE_CHANNELS
        if not (unsafe and self.training):
            return super().forward(input)
        rows, columns = self.stride
        return functional.conv2d(input[:, :, ::rows, ::columns], self.weight, self.bias, groups=self.groups)


class Convolution1d(nn.Conv1d):
    """`nn.Conv1d` that skips drawing weights where there are none."""

    def reset_parameters(self) -> None:
        """Draw PyTorch's default weights."""
        if not self.weight.is_meta:
            super().reset_parameters()


class BatchNormalisation2d(nn.BatchNorm2d):
    """`nn.BatchNorm2d` that skips filling weights where there are none."""

    def reset_parameters(self) -> None:
        """Fill in PyTorch's default weights and statistics."""
        if not self.weight.is_meta:
            super().reset_parameters()


class BatchNormalisation1d(nn.BatchNorm1d):
    """`nn.BatchNorm1d` that skips filling weights where there are none."""

    def reset_parameters(self) -> None:
        """Fill in PyTorch's default weights and statistics."""
        if not self.weight.is_meta:
            super().reset_parameters()


def convolution(
    in_channels: int,
    out_channels: int,
    kernel: int = 1,
    *,
    stride: int = 1,
    groups: int = 1,
    axes: int = 2,
    bias: bool = False,
) -> nn.Module:
    """Build a convolution over `axes` dimensions, padded by `kernel // 2`."""
    build = Convolution2d if axes == 2 else Convolution1d
    return build(in_channels, out_channels, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=bias)


def convolution_unit(
    in_channels: int,
    out_channels: int,
    kernel: int = 1,
    *,
    stride: int = 1,
    groups: int = 1,
    axes: int = 2,
    activation: type[nn.Module] | None = nn.ReLU,
    epsilon: float = 1e-5,
) -> nn.Sequential:
    """Build convolution, batch normalisation and rectifier; `activation=None` leaves the unit linear.

    Nothing works in place: the proxies look at what each layer gave.
    """
    normalise = BatchNormalisation2d if axes == 2 else BatchNormalisation1d
    layers = [
        convolution(in_channels, out_channels, kernel, stride=stride, groups=groups, axes=axes),
        normalise(out_channels, eps=epsilon),
    ]
    return nn.Sequential(*layers, *([activation()] if activation else []))


def classifier(features: int, num_classes: int, *, axes: int = 2) -> nn.Sequential:
    """Build the mean over the map and one linear layer."""
    pool = nn.AdaptiveAvgPool2d(1) if axes == 2 else nn.AdaptiveAvgPool1d(1)
    return nn.Sequential(pool, nn.Flatten(1), nn.Linear(features, num_classes))
