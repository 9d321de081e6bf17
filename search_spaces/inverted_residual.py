"""The mobile inverted bottleneck, and the searched networks that are made of it.

torchvision's `InvertedResidual` fixes the kernel to 3 and rectifies in place; this one has the same arithmetic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn

from prototypenas.prototype import ChannelDimension, Prototype
from prototypenas.types import Configuration, InputShape
from search_spaces.convolution import classifier, convolution_unit
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
        epsilon: float = 1e-5,
    ) -> None:
        super().__init__()
        self.shortcut = shortcut
        rectified = partial(convolution_unit, activation=nn.ReLU6, epsilon=epsilon)
        self.expand = rectified(in_channels, expanded) if expand else nn.Identity()
        self.depthwise = rectified(expanded, expanded, kernel, stride=stride, groups=expanded)
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


def build_inverted_residual_network(
    configuration: Configuration,
    input_shape: InputShape,
    num_classes: int,
    *,
    stem: tuple[int, int],
    stages: Sequence[Stage],
    mix: int | None,
    epsilon: float = 1e-5,
) -> Prototype:
    """Build a strided 3x3 stem with one unexpanded superblock, a group a stage, and the classifier.

    `stem` gives the channels of the two, `mix` those of a 1x1 convolution before the mean, `None` for none; `epsilon`
    is the normalisation's.

    Raises:
        InvalidConfiguration: where a map would vanish or a layer would have no channel.
    """
    sizing = Sizing(configuration, input_shape)
    sizing.slide("stem", 3, 2)
    first = sizing.fixed("stem.first", "stem.0.0", sizing.scaled("stem", stem[0]))
    second = sizing.fixed("stem.second", "stem.1.project.0", sizing.scaled("stem", stem[1]))
    groups, features = _build_groups(sizing, stages, second, epsilon=epsilon)
    head = []
    if mix is not None:
        mixed = sizing.fixed("head", "head.0.0", sizing.scaled("head", mix))
        head.append(convolution_unit(features.kept, mixed.kept, activation=nn.ReLU6, epsilon=epsilon))
        features = mixed
    return Prototype(
        mobile_stem(input_shape[0], first.kept, second.kept, epsilon=epsilon),
        groups,
        nn.Sequential(*head, *classifier(features.kept, num_classes)),
        configuration=configuration,
        input_shape=input_shape,
        num_classes=num_classes,
        dimensions=sizing.dimensions,
    )


def mobile_stem(in_channels: int, first: int, second: int, *, stride: int = 2, epsilon: float = 1e-5) -> nn.Sequential:
    """Build the strided 3x3 convolution and the unexpanded superblock that all these networks start with."""
    return nn.Sequential(
        convolution_unit(in_channels, first, 3, stride=stride, activation=nn.ReLU6, epsilon=epsilon),
        InvertedResidual(first, first, second, kernel=3, stride=1, shortcut=False, expand=False, epsilon=epsilon),
    )


def _build_groups(
    sizing: Sizing, stages: Sequence[Stage], features: ChannelDimension, *, epsilon: float
) -> tuple[list[list[nn.Module]], ChannelDimension]:
    """Build one group a stage, and give the last group's output dimension.

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
                    epsilon=epsilon,
                )
            )
            features = stream
        groups.append(blocks)
    return groups, features
