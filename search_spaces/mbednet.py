"""MbedNet: our reading of the paper's own MobileNet derivative, which no text specifies.

A depthwise-separable network for microcontrollers. It halves the map before anything else and never expands a map
that is about to be halved: the first superblock of a group filters its input as it comes (depthwise, then 1x1), only
the following ones expand, narrowly. So where the groups halve their maps and the width is at most 1, the arena never
exceeds the network's input and the stem's output. Rectifiers are ReLU, which costs nothing when fused into int8
arithmetic and leaves the whole range to the data.
"""

from torch import Tensor, nn

from prototypenas.prototype import ChannelDimension, Prototype
from prototypenas.types import Configuration, GroupConfiguration, InputShape
from search_spaces.convolution import classifier, convolution_unit
from search_spaces.sizing import Sizing

STEM_CHANNELS = 16
GROUP_CHANNELS = (24, 48, 96, 160)
HEAD_CHANNELS = 256
EXPANSION = 3
"""Expanded over stream channels in all superblocks but the first of a group."""

REFERENCE = Configuration(
    "mbednet",
    width=1.0,
    groups=(
        GroupConfiguration(depth=2, kernel=3, stride=2),
        GroupConfiguration(depth=3, kernel=3, stride=2),
        GroupConfiguration(depth=4, kernel=3, stride=2),
        GroupConfiguration(depth=2, kernel=3, stride=1),
    ),
)
"""Ours: there is no publication to differ from."""


class SeparableBlock(nn.Module):
    """Depthwise convolution and linear 1x1 convolution: the first superblock of a group."""

    def __init__(self, in_channels: int, out_channels: int, *, kernel: int, stride: int, axes: int) -> None:
        super().__init__()
        self.depthwise = convolution_unit(
            in_channels, in_channels, kernel, stride=stride, groups=in_channels, axes=axes
        )
        self.project = convolution_unit(in_channels, out_channels, axes=axes, activation=None)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map `(N, in_channels, ...)` to `(N, out_channels, ...)`, each axis divided by the stride."""
        outputs: Tensor = self.project(self.depthwise(inputs))
        return outputs


class NarrowResidualBlock(nn.Module):
    """1x1 expansion, depthwise convolution, linear 1x1 projection, added to the stream."""

    def __init__(self, channels: int, expanded: int, *, kernel: int, axes: int) -> None:
        super().__init__()
        self.expand = convolution_unit(channels, expanded, axes=axes)
        self.depthwise = convolution_unit(expanded, expanded, kernel, groups=expanded, axes=axes)
        self.project = convolution_unit(expanded, channels, axes=axes, activation=None)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map the stream `(N, channels, ...)` to itself plus a correction."""
        correction: Tensor = self.project(self.depthwise(self.expand(inputs)))
        return inputs + correction


def build_mbednet(configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
    """Build MbedNet over images `(C, H, W)`.

    Raises:
        InvalidConfiguration: where a map would vanish or a layer would have no channel.
    """
    return assemble_classifier(Sizing(configuration, input_shape), input_shape, num_classes)


def assemble_classifier(sizing: Sizing, input_shape: InputShape, num_classes: int) -> Prototype:
    """Build backbone, 1x1 convolution, mean and linear layer, over images or series."""
    stem, groups, features = build_backbone(sizing, input_shape[0])
    axes = len(input_shape) - 1
    last = sizing.fixed("head", "head.0.0", sizing.scaled("head", HEAD_CHANNELS))
    head = nn.Sequential(
        convolution_unit(features[-1].kept, last.kept, axes=axes), classifier(last.kept, num_classes, axes=axes)
    )
    return Prototype(
        stem,
        groups,
        head,
        configuration=sizing.configuration,
        input_shape=input_shape,
        num_classes=num_classes,
        dimensions=sizing.dimensions,
    )


def build_backbone(sizing: Sizing, in_channels: int) -> tuple[nn.Module, list[list[nn.Module]], list[ChannelDimension]]:
    """Build the stem and the four groups, and give each group's output dimension."""
    axes = len(sizing.map_size)
    sizing.slide("stem", 3, 2)
    features = sizing.fixed("stem", "stem.0", sizing.scaled("stem", STEM_CHANNELS))
    stem = convolution_unit(in_channels, features.kept, 3, stride=2, axes=axes)
    groups, streams = [], []
    for group in range(len(GROUP_CHANNELS)):
        blocks, features = _build_group(sizing, group, features)
        groups.append(blocks)
        streams.append(features)
    return stem, groups, streams


def _build_group(sizing: Sizing, group: int, features: ChannelDimension) -> tuple[list[nn.Module], ChannelDimension]:
    searched = sizing.configuration.groups[group]
    axes = len(sizing.map_size)
    width = sizing.scaled(f"group {group}", GROUP_CHANNELS[group])
    stream = sizing.pruned("stream", f"groups.{group}.0.project.0", width, group=group)
    sizing.slide(f"group {group}, superblock 0", searched.kernel, searched.stride)
    blocks: list[nn.Module] = [
        SeparableBlock(features.kept, stream.kept, kernel=searched.kernel, stride=searched.stride, axes=axes)
    ]
    for block in range(1, searched.depth):
        sizing.slide(f"group {group}, superblock {block}", searched.kernel, 1)
        expanded = sizing.pruned(
            f"block{block}.expanded", f"groups.{group}.{block}.expand.0", EXPANSION * stream.channels, group=group
        )
        blocks.append(NarrowResidualBlock(stream.kept, expanded.kept, kernel=searched.kernel, axes=axes))
    return blocks, stream
