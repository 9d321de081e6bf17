"""MobileNetV2 (Sandler et al. 2018): inverted residuals with linear bottlenecks and ReLU6."""

from prototypenas.prototype import Prototype
from prototypenas.types import Configuration, GroupConfiguration, InputShape
from search_spaces.inverted_residual import Stage, build_inverted_residual_network

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


def build_mobilenet_v2(configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
    """Build MobileNetV2 with four searched groups between its stem and its 1x1 convolution.

    Raises:
        InvalidConfiguration: where a map would vanish or a layer would have no channel.
    """
    return build_inverted_residual_network(
        configuration, input_shape, num_classes, stem=(32, 16), stages=STAGES, mix=1280
    )
