"""MCUNet (Lin et al. 2020): narrow MBConv networks for microcontrollers, without a mix layer before the classifier."""

from prototypenas.prototype import Prototype
from prototypenas.types import Configuration, GroupConfiguration, InputShape
from search_spaces.inverted_residual import Stage, build_inverted_residual_network
from search_spaces.published import MBConv, MobileNetwork, PublishedNetwork

STAGES = (Stage(16, expansion=5), Stage(24, expansion=5), Stage(48, expansion=5), Stage(96, expansion=5))

REFERENCE = Configuration(
    "mcunet",
    width=1.0,
    groups=(
        GroupConfiguration(depth=4, kernel=5, stride=2),
        GroupConfiguration(depth=3, kernel=5, stride=2),
        GroupConfiguration(depth=5, kernel=5, stride=2),
        GroupConfiguration(depth=4, kernel=5, stride=2),
    ),
)
"""A group has one kernel and one expansion where the publication mixes them; five superblocks of 48 stand for six of
40 and 48, and the last of 160 is one of 96: against mcunet-in3 at 176 x 176 and 1000 classes 1.3 % fewer MACs and
14.3 % fewer parameters."""


def build_mcunet(configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
    """Build an MCUNet with four searched groups: each superblock expands by 5, about the mean of in3.

    Raises:
        InvalidConfiguration: where a map would vanish or a layer would have no channel.
    """
    return build_inverted_residual_network(
        configuration, input_shape, num_classes, stem=(16, 8), stages=STAGES, mix=None
    )


_IN0 = (
    MBConv(5, 4, 16, 2),
    MBConv(3, 3, 16),
    MBConv(3, 4, 16),
    MBConv(7, 5, 24, 2),
    MBConv(5, 4, 24),
    MBConv(5, 5, 24),
    MBConv(7, 5, 48, 2),
    MBConv(5, 4, 48),
    MBConv(3, 5, 56),
    MBConv(5, 4, 56),
    MBConv(3, 5, 56),
    MBConv(3, 6, 112, 2),
    MBConv(5, 4, 112),
    MBConv(3, 6, 192),
)

_IN1 = (
    MBConv(3, 4, 16, 2),
    MBConv(3, 3, 16),
    MBConv(7, 3, 24, 2),
    MBConv(3, 5, 24),
    MBConv(3, 5, 40, 2),
    MBConv(7, 4, 40),
    MBConv(5, 4, 48),
    MBConv(3, 3, 48),
    MBConv(3, 4, 48),
    MBConv(7, 5, 96, 2),
    MBConv(5, 4, 96),
    MBConv(5, 4, 96),
    MBConv(3, 6, 160),
)

_IN2 = (
    MBConv(5, 3, 16, 2),
    MBConv(7, 6, 16),
    MBConv(3, 5, 16),
    MBConv(5, 5, 16),
    MBConv(3, 5, 24, 2),
    MBConv(7, 6, 24),
    MBConv(5, 6, 24),
    MBConv(7, 4, 40, 2),
    MBConv(5, 5, 40),
    MBConv(3, 5, 48),
    MBConv(5, 5, 48),
    MBConv(3, 4, 48),
    MBConv(5, 6, 96, 2),
    MBConv(5, 4, 96),
    MBConv(5, 3, 96),
    MBConv(3, 4, 96),
    MBConv(5, 5, 160),
)

_IN3 = (
    MBConv(7, 3, 16, 2),
    MBConv(3, 5, 16),
    MBConv(7, 5, 16),
    MBConv(5, 4, 16),
    MBConv(5, 5, 24, 2),
    MBConv(5, 5, 24),
    MBConv(5, 5, 24),
    MBConv(3, 5, 40, 2),
    MBConv(7, 6, 40),
    MBConv(5, 4, 40),
    MBConv(5, 5, 48),
    MBConv(7, 5, 48),
    MBConv(3, 5, 48),
    MBConv(3, 6, 96, 2),
    MBConv(7, 5, 96),
    MBConv(3, 4, 96),
    MBConv(7, 5, 160),
)

_IN4 = (
    MBConv(7, 3, 24, 2),
    MBConv(3, 5, 24),
    MBConv(5, 4, 24),
    MBConv(7, 5, 40, 2),
    MBConv(3, 4, 40),
    MBConv(7, 4, 40),
    MBConv(7, 3, 80, 2),
    MBConv(3, 3, 80),
    MBConv(7, 3, 80),
    MBConv(3, 4, 96),
    MBConv(5, 3, 96),
    MBConv(5, 3, 96),
    MBConv(7, 4, 192, 2),
    MBConv(7, 3, 192),
    MBConv(5, 3, 192),
    MBConv(5, 4, 320),
)


def _published(
    stem: tuple[int, int], rows: tuple[MBConv, ...], *, side: int, macs: int, parameters: int
) -> PublishedNetwork:
    network = MobileNetwork(stem, rows, mix=None)
    return PublishedNetwork(
        network.build,
        (3, side, side),
        "Lin et al. 2020, released tables",
        macs=macs,
        parameters=parameters,
        table=network,
    )


PUBLISHED = {
    "mcunet-in0": _published((24, 16), _IN0, side=48, macs=6_364_224, parameters=749_840),
    "mcunet-in1": _published((16, 8), _IN1, side=96, macs=12_790_096, parameters=636_232),
    "mcunet-in2": _published((16, 8), _IN2, side=160, macs=67_287_200, parameters=729_392),
    "mcunet-in3": _published((16, 8), _IN3, side=176, macs=81_785_520, parameters=737_408),
    "mcunet-in4": _published((32, 16), _IN4, side=160, macs=125_874_400, parameters=1_732_640),
}
