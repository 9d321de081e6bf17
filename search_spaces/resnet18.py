"""ResNet18 (He et al. 2016): basic blocks of two convolutions around an identity or projected shortcut.

torchvision's `BasicBlock` fixes the kernel to 3 and gives both convolutions one width; here the first convolution
takes the searched kernel and the channels between the two are pruned on their own.
"""

from dataclasses import replace

from torch import Tensor, nn

from prototypenas.prototype import ChannelDimension, Prototype
from prototypenas.types import Configuration, GroupConfiguration, InputShape
from search_spaces.convolution import classifier, convolution_unit
from search_spaces.published import PublishedNetwork
from search_spaces.sizing import Sizing

GROUP_CHANNELS = (64, 128, 256, 512)

REFERENCE = Configuration(
    "resnet18",
    width=1.0,
    groups=(
        GroupConfiguration(depth=2, kernel=3, stride=1),
        GroupConfiguration(depth=2, kernel=3, stride=2),
        GroupConfiguration(depth=2, kernel=3, stride=2),
        GroupConfiguration(depth=2, kernel=3, stride=2),
    ),
)
"""The published network exactly: the same layers, shapes, parameters and MACs."""


class BasicBlock(nn.Module):
    """Two convolutions and a shortcut: the input itself, or its strided 1x1 projection."""

    def __init__(
        self, in_channels: int, hidden: int, out_channels: int, *, kernel: int, stride: int, projected: bool
    ) -> None:
        super().__init__()
        self.first = convolution_unit(in_channels, hidden, kernel, stride=stride)
        self.second = convolution_unit(hidden, out_channels, 3, activation=None)
        self.shortcut = (
            convolution_unit(in_channels, out_channels, stride=stride, activation=None) if projected else nn.Identity()
        )
        self.activation = nn.ReLU()

    def forward(self, inputs: Tensor) -> Tensor:
        """Map `(N, in_channels, H, W)` to `(N, out_channels, ceil(H / stride), ceil(W / stride))`."""
        outputs: Tensor = self.activation(self.second(self.first(inputs)) + self.shortcut(inputs))
        return outputs


def build_resnet18(configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
    """Build ResNet18 with four searched groups after its 7x7 stem and max pool; small inputs skip the pool.

    The first superblock of group 0 keeps its identity shortcut where it has stride 1: then the stem belongs to that
    group's stream and is pruned with it. All other first superblocks project.

    Raises:
        InvalidConfiguration: where a map would vanish or a layer would have no channel.
    """
    sizing = Sizing(configuration, input_shape)
    sizing.slide("stem", 7, 2)
    if not sizing.small_input:
        sizing.slide("stem pool", 3, 2)
    width = sizing.scaled("stem", GROUP_CHANNELS[0])
    if configuration.groups[0].stride == 1:
        features = sizing.pruned("stream", "stem.0.0", width, group=0)
    else:
        features = sizing.fixed("stem", "stem.0.0", width)
    pool = nn.Identity() if sizing.small_input else nn.MaxPool2d(3, stride=2, padding=1)
    stem = nn.Sequential(convolution_unit(input_shape[0], features.kept, 7, stride=2), pool)
    groups = []
    for group in range(len(GROUP_CHANNELS)):
        blocks, features = _build_group(sizing, group, features)
        groups.append(blocks)
    return Prototype(
        stem,
        groups,
        classifier(features.kept, num_classes),
        configuration=configuration,
        input_shape=input_shape,
        num_classes=num_classes,
        dimensions=sizing.dimensions,
    )


def _build_group(sizing: Sizing, group: int, features: ChannelDimension) -> tuple[list[nn.Module], ChannelDimension]:
    searched = sizing.configuration.groups[group]
    width = sizing.scaled(f"group {group}", GROUP_CHANNELS[group])
    shared = features.group == group
    stream = features if shared else sizing.pruned("stream", f"groups.{group}.0.second.0", width, group=group)
    blocks: list[nn.Module] = []
    for block in range(searched.depth):
        stride = searched.stride if block == 0 else 1
        where = f"group {group}, superblock {block}"
        sizing.slide(where, searched.kernel, stride)
        sizing.slide(where, 3, 1)
        hidden = sizing.pruned(f"block{block}.hidden", f"groups.{group}.{block}.first.0", width, group=group)
        blocks.append(
            BasicBlock(
                features.kept,
                hidden.kept,
                stream.kept,
                kernel=searched.kernel,
                stride=stride,
                projected=block == 0 and not shared,
            )
        )
        features = stream
    return blocks, stream


def _published(width: float, macs: int, parameters: int) -> PublishedNetwork:
    def build(num_classes: int) -> nn.Module:
        return build_resnet18(replace(REFERENCE, width=width), (3, 224, 224), num_classes)

    return PublishedNetwork(build, (3, 224, 224), "He et al. 2016, as in torchvision", macs=macs, parameters=parameters)


PUBLISHED = {
    "resnet18": _published(1.0, 1_814_073_344, 11_689_512),
    "resnet18-half": _published(0.5, 483_149_824, 3_055_880),
}
"""The reference configuration is the publication itself; `half` has half of all channels."""
