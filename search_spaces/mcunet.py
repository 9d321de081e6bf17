"""MCUNet (Lin et al. 2020): narrow MBConv networks for microcontrollers, without a mix layer before the classifier."""

from prototypenas.prototype import Prototype
from prototypenas.types import Configuration, GroupConfiguration, InputShape
from search_spaces.inverted_residual import Stage, build_inverted_residual_network

STAGES = (Stage(16, expansion=5), Stage(24, expansion=5), Stage(48, expansion=5), Stage(96, expansion=5))

REFERENCE = Configuration(
    "mcunet",
    width=1.0,
    groups=(
        GroupConfiguration(depth=4, kernel=7, stride=2),
        GroupConfiguration(depth=3, kernel=5, stride=2),
        GroupConfiguration(depth=5, kernel=5, stride=2),
        GroupConfiguration(depth=4, kernel=5, stride=2),
    ),
)


def build_mcunet(configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
    """Build an MCUNet with four searched groups: each superblock expands by 5, the mean of the published tables.

    Raises:
        InvalidConfiguration: where a map would vanish or a layer would have no channel.
    """
    return build_inverted_residual_network(
        configuration, input_shape, num_classes, stem=(16, 8), stages=STAGES, mix=None
    )
