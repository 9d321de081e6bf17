"""The network every baseline builds: a stem, four groups of superblocks, a head."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from prototypenas.errors import InvalidConfiguration
from prototypenas.types import GROUPS, Configuration, InputShape


@dataclass(frozen=True)
class ChannelDimension:
    """One number of channels that several tensors share: a residual stream, or a depthwise layer and its neighbours."""

    name: str
    """As the report prints it: `group1.stream`, `group1.block0.expanded`."""
    root: str
    """Path of one convolution whose output channels are this dimension; the others follow from it."""
    group: int | None
    """The group whose sparsity prunes it; `None` where pruning never reaches (stem, head)."""
    channels: int
    """Before pruning, after the width multiplier."""
    kept: int
    """After pruning."""


def scaled_channels(base: int, width: float) -> int:
    """Return `base` channels times the width multiplier, rounded to the nearest integer.

    Raises:
        InvalidConfiguration: if no channel is left.
    """
    scaled = math.floor(base * width + 0.5)
    if scaled < 1:
        raise InvalidConfiguration(f"width {width} leaves no channel of {base}")
    return scaled


def kept_channels(channels: int, sparsity: float) -> int:
    """Return the channels that remain when a share `sparsity` is pruned: rounded down, never below 1.

    The tiny term keeps `10 * (1 - 0.9)` at 1 where floating point gives 0.9999999999999998.
    """
    return max(1, math.floor(channels * (1.0 - sparsity) + 1e-9))


class Prototype(nn.Module):
    """Stem, four groups of superblocks, head; knows its configuration and its channel dimensions.

    A group whose superblocks are joined by more than their order comes as an `nn.Sequential` of its own.

    A head for classification gets the last group's output. A head over feature levels gets the list of the
    outputs of the groups named in `levels`, finest first.
    """

    def __init__(
        self,
        stem: nn.Module,
        groups: Sequence[Sequence[nn.Module] | nn.Sequential],
        head: nn.Module,
        *,
        configuration: Configuration,
        input_shape: InputShape,
        num_classes: int,
        dimensions: tuple[ChannelDimension, ...],
        levels: tuple[int, ...] = (),
    ) -> None:
        super().__init__()
        if len(groups) != GROUPS:
            raise InvalidConfiguration(f"{len(groups)} groups built; a prototype has exactly {GROUPS}")
        self.stem = stem
        self.groups = nn.ModuleList(
            blocks if isinstance(blocks, nn.Sequential) else nn.Sequential(*blocks) for blocks in groups
        )
        self.head = head
        self.configuration = configuration
        self.input_shape = input_shape
        self.num_classes = num_classes
        self.dimensions = dimensions
        self.levels = levels

    def forward(self, inputs: Tensor) -> Tensor | list[Tensor]:
        """Map inputs `(N, *input_shape)` to logits `(N, num_classes)`, or to what a head over levels gives."""
        features = self.stem(inputs)
        outputs = []
        for group in self.groups:
            features = group(features)
            outputs.append(features)
        if self.levels:
            return self.head([outputs[level] for level in self.levels])  # type: ignore[no-any-return]
        return self.head(features)  # type: ignore[no-any-return]
