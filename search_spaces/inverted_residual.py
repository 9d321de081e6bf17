"""The mobile inverted bottleneck, and groups of it with the sizes of a searched configuration.

torchvision's `InvertedResidual` fixes the kernel to 3 and rectifies in place; this one has the same arithmetic.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from prototypenas.prototype import ChannelDimension
from search_spaces.convolution import convolution_unit
from search_spaces.sizing import Sizing


class InvertedResidual(nn.Module):
    """1x1 expansion, depthwise convolution, linear 1x1 projection (Sandler et al. 2018).

    `shortcut` adds the input; `expand=False` leaves the 1x1 expansion out, then `expanded` equals `in_channels`.
    """

    def __init__(
        self,
        in_channels: int,
        expanded: int,
        out_channels: int,
        *,
        kernel: int,
        stride: int,
        shortcut: bool,
        expand: bool = True,
        activation: type[nn.Module] = nn.ReLU6,
        epsilon: float = 1e-5,
    ) -> None:
        super().__init__()
        self.shortcut = shortcut
        self.expand = (
            convolution_unit(in_channels, expanded, activation=activation, epsilon=epsilon) if expand else nn.Identity()
        )
        self.depthwise = convolution_unit(
            expanded, expanded, kernel, stride=stride, groups=expanded, activation=activation, epsilon=epsilon
        )
        self.project = convolution_unit(expanded, out_channels, activation=None, epsilon=epsilon)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map `(N, in_channels, H, W)` to `(N, out_channels, ceil(H / stride), ceil(W / stride))`."""
        outputs: Tensor = self.project(self.depthwise(self.expand(inputs)))
        return inputs + outputs if self.shortcut else outputs


@dataclass(frozen=True)
class Stage:
    """What a baseline fixes about one group: channels at width 1, and how far its superblocks expand."""

    channels: int
    expansion: int


def inverted_residual_groups(
    sizing: Sizing, stages: Sequence[Stage], features: ChannelDimension, *, activation: type[nn.Module] = nn.ReLU6
) -> tuple[list[list[nn.Module]], ChannelDimension]:
    """Build one group of inverted residuals a stage, and give the last group's output dimension.

    A superblock expands its input as it is before pruning; the group's sparsity prunes the expanded channels of each
    superblock and the stream they add to. The first superblock has no shortcut, so streams end with their group.
    """
    groups = []
    for group, stage in enumerate(stages):
        searched = sizing.configuration.groups[group]
        root = f"groups.{group}"
        width = sizing.scaled(f"group {group}", stage.channels)
        stream = sizing.pruned("stream", f"{root}.0.project.0", width, group=group)
        blocks: list[nn.Module] = []
        for block in range(searched.depth):
            stride = searched.stride if block == 0 else 1
            sizing.slide(f"group {group}, superblock {block}", searched.kernel, stride)
            expanded = sizing.pruned(
                f"block{block}.expanded",
                f"{root}.{block}.expand.0",
                features.channels * stage.expansion,
                group=group,
            )
            blocks.append(
                InvertedResidual(
                    features.kept,
                    expanded.kept,
                    stream.kept,
                    kernel=searched.kernel,
                    stride=stride,
                    shortcut=block > 0,
                    activation=activation,
                )
            )
            features = stream
        groups.append(blocks)
    return groups, features
