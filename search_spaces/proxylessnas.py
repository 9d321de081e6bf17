"""ProxylessNAS (Cai et al. 2019): MBConv superblocks with kernels 3, 5 and 7 and expansions 3 and 6."""

from prototypenas.prototype import Prototype
from prototypenas.types import Configuration, GroupConfiguration, InputShape
from search_spaces.inverted_residual import Stage, build_inverted_residual_network

STAGES = (Stage(32, expansion=3), Stage(40, expansion=3), Stage(96, expansion=3), Stage(192, expansion=6))

REFERENCE = Configuration(
    "proxylessnas",
    width=1.0,
    groups=(
        GroupConfiguration(depth=2, kernel=3, stride=2),
        GroupConfiguration(depth=4, kernel=5, stride=2),
        GroupConfiguration(depth=5, kernel=5, stride=2),
        GroupConfiguration(depth=5, kernel=7, stride=2),
    ),
)


def build_proxylessnas(configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
    """Build the Mobile network's stem and mix layer around four searched groups of MBConv.

    Raises:
        InvalidConfiguration: where a map would vanish or a layer would have no channel.
    """
    return build_inverted_residual_network(
        configuration, input_shape, num_classes, stem=(32, 16), stages=STAGES, mix=1280, epsilon=1e-3
    )
