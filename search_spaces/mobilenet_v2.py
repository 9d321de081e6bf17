"""MobileNetV2 (Sandler et al. 2018): inverted residuals with linear bottlenecks and ReLU6."""

from prototypenas.prototype import Prototype
from prototypenas.types import Configuration, GroupConfiguration, InputShape
from search_spaces.inverted_residual import Stage, build_inverted_residual_network
from search_spaces.published import MBConv, MobileNetwork, PublishedNetwork

STAGES = (Stage(24, expansion=6), Stage(32, expansion=6), Stage(96, expansion=6), Stage(160, expansion=6))
"""The publication's seven stages as four: 16 belongs to the stem, 64 and 96 are one group, 160 and 320 another."""

REFERENCE = Configuration(
    "mobilenet_v2",
    width=1.0,
    groups=(
        GroupConfiguration(depth=2, kernel=3, stride=2),
        GroupConfiguration(depth=3, kernel=3, stride=2),
        GroupConfiguration(depth=5, kernel=3, stride=2),
        GroupConfiguration(depth=4, kernel=3, stride=2),
    ),
)
"""Five superblocks of 96 for four of 64 and three of 96, and the last of 320 is one of 160: against mobilenet-v2-1.0
at 224 x 224 and 1000 classes 4.9 % fewer MACs and 9.9 % fewer parameters."""


def build_mobilenet_v2(configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
    """Build MobileNetV2 with four searched groups between its stem and its 1x1 convolution.

    Raises:
        InvalidConfiguration: where a map would vanish or a layer would have no channel.
    """
    return build_inverted_residual_network(
        configuration, input_shape, num_classes, stem=(32, 16), stages=STAGES, mix=1280
    )


_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""The publication's table 2: expansion, channels, repetitions, stride of the first."""


def _published(width: float, macs: int, parameters: int) -> PublishedNetwork:
    def scaled(channels: int) -> int:
        return _divisible_by_8(channels * width)

    rows = [
        MBConv(3, expansion, scaled(channels), stride if repetition == 0 else 1)
        for expansion, channels, repetitions, stride in _STAGES[1:]
        for repetition in range(repetitions)
    ]
    network = MobileNetwork((scaled(32), scaled(_STAGES[0][1])), rows, mix=scaled(1280) if width > 1 else 1280)
    return PublishedNetwork(
        network.build, (3, 224, 224), "Sandler et al. 2018, as in torchvision", macs=macs, parameters=parameters
    )


def _divisible_by_8(channels: float) -> int:
    """Round to a multiple of 8 that is at least 8 and at least 90 % of `channels`, as the publication does."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


PUBLISHED = {
    "mobilenet-v2-0.35": _published(0.35, 59_285_808, 1_677_128),
    "mobilenet-v2-0.5": _published(0.5, 97_131_840, 1_968_680),
    "mobilenet-v2-0.75": _published(0.75, 209_069_792, 2_636_424),
    "mobilenet-v2-1.0": _published(1.0, 300_774_272, 3_504_872),
    "mobilenet-v2-1.4": _published(1.4, 582_195_824, 6_108_776),
}
