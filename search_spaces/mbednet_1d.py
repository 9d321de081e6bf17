"""MbedNet over time series: the same network with one-dimensional convolutions."""

from prototypenas.prototype import Prototype
from prototypenas.types import Configuration, GroupConfiguration, InputShape
from search_spaces.mbednet import assemble_classifier
from search_spaces.sizing import Sizing

REFERENCE = Configuration(
    "mbednet1d",
    width=1.0,
    groups=(
        GroupConfiguration(depth=2, kernel=9, stride=2),
        GroupConfiguration(depth=3, kernel=9, stride=2),
        GroupConfiguration(depth=4, kernel=5, stride=2),
        GroupConfiguration(depth=2, kernel=5, stride=1),
    ),
)
"""Ours: there is no publication to differ from."""


def build_mbednet_1d(configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
    """Build MbedNet over series `(C, T)`.

    Raises:
        InvalidConfiguration: where the series would vanish or a layer would have no channel.
    """
    return assemble_classifier(Sizing(configuration, input_shape, axes=1), input_shape, num_classes)
