"""Published networks as literal tables: what peers are compared with, priced and trained under their own names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import nn

from prototypenas.types import InputShape
from search_spaces.convolution import classifier, convolution_unit
from search_spaces.inverted_residual import InvertedResidual, mobile_stem


@dataclass(frozen=True)
class PublishedNetwork:
    """A network exactly as published, and the figures it must show."""

    build: Callable[[int], nn.Module]
    """Build it untrained for a number of classes."""
    input_shape: InputShape
    """The resolution it was published at."""
    source: str
    macs: int
    """Of convolutions and linear layers, at `input_shape` and `num_classes`."""
    parameters: int
    """Trainable ones, normalisation included, at `num_classes`."""
    num_classes: int = 1000
    table: "MobileNetwork | None" = None
    """Its rows, where it is made of inverted residuals; `FixedNetwork` trains it from them."""


@dataclass(frozen=True)
class MBConv:
    """One row of a published table of inverted residuals."""

    kernel: int
    expansion: int
    channels: int
    stride: int = 1


@dataclass(frozen=True)
class MobileNetwork:
    """A published network of inverted residuals: its stem's two widths, its rows, its last 1x1 convolution."""

    stem: tuple[int, int]
    rows: Sequence[MBConv]
    mix: int | None
    epsilon: float = 1e-5
    stem_stride: int = 2

    def build(self, num_classes: int) -> nn.Module:
        """Build it over RGB images."""
        return nn.Sequential(self.stem_of(3), nn.Sequential(*self.blocks()), self.head(num_classes))

    def stem_of(self, in_channels: int) -> nn.Module:
        """Build the strided convolution and the unexpanded superblock before the rows."""
        return mobile_stem(in_channels, *self.stem, stride=self.stem_stride, epsilon=self.epsilon)

    def blocks(self) -> list[nn.Module]:
        """Build a superblock a row."""
        inputs = (self.stem[1], *(row.channels for row in self.rows))
        return [superblock(features, row, self.epsilon) for features, row in zip(inputs, self.rows, strict=False)]

    def head(self, num_classes: int) -> nn.Sequential:
        """Build the last 1x1 convolution, where there is one, the mean and the classifier."""
        features = self.rows[-1].channels
        mix = [convolution_unit(features, self.mix, activation=nn.ReLU6, epsilon=self.epsilon)] if self.mix else []
        return nn.Sequential(*mix, *classifier(self.mix or features, num_classes))


def superblock(features: int, row: MBConv, epsilon: float) -> InvertedResidual:
    """Build a row over `features` channels, with an identity shortcut where neither stride nor width changes."""
    return InvertedResidual(
        features,
        features * row.expansion,
        row.channels,
        kernel=row.kernel,
        stride=row.stride,
        shortcut=row.stride == 1 and row.channels == features,
        expand=row.expansion > 1,
        epsilon=epsilon,
    )
