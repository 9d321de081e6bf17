"""MobileNetV2 (Sandler et al. 2018): inverted residuals with linear bottlenecks and ReLU6."""

from torch import nn

from prototypenas.prototype import Prototype
from prototypenas.types import Configuration, GroupConfiguration, InputShape
from search_spaces.convolution import classifier, convolution_unit
from search_spaces.inverted_residual import InvertedResidual, Stage, inverted_residual_groups
from search_spaces.sizing import Sizing

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
    sizing = Sizing(configuration, input_shape)
    sizing.slide("stem", 3, 2)
    first = sizing.fixed("stem.first", "stem.0.0", sizing.scaled("stem", 32))
    second = sizing.fixed("stem.second", "stem.1.project.0", sizing.scaled("stem", 16))
    stem = nn.Sequential(
        convolution_unit(input_shape[0], first.kept, 3, stride=2, activation=nn.ReLU6),
        InvertedResidual(first.kept, first.kept, second.kept, kernel=3, stride=1, shortcut=False, expand=False),
    )
    groups, features = inverted_residual_groups(sizing, STAGES, second)
    last = sizing.fixed("head", "head.0.0", sizing.scaled("head", 1280))
    head = nn.Sequential(
        convolution_unit(features.kept, last.kept, activation=nn.ReLU6), classifier(last.kept, num_classes)
    )
    return Prototype(
        stem,
        groups,
        head,
        configuration=configuration,
        input_shape=input_shape,
        num_classes=num_classes,
        dimensions=sizing.dimensions,
    )
