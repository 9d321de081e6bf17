"""Convolution, normalisation and rectifier: the unit that all architectures are made of, in one or two dimensions."""

from torch import nn


class Convolution2d(nn.Conv2d):
    """`nn.Conv2d` that skips drawing weights where there are none (meta device): a search builds thousands."""

    def reset_parameters(self) -> None:
        """Draw PyTorch's default weights."""
        if not self.weight.is_meta:
            super().reset_parameters()


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
