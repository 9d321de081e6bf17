"""ProxylessNAS (Cai et al. 2019): MBConv superblocks with kernels 3, 5 and 7 and expansions 3 and 6."""

from prototypenas.prototype import Prototype
from prototypenas.types import Configuration, GroupConfiguration, InputShape
from search_spaces.inverted_residual import Stage, build_inverted_residual_network
from search_spaces.published import MBConv, MobileNetwork, PublishedNetwork

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
"""A group has one kernel and one expansion where the publication mixes them; five superblocks of 96 stand for four of
80 and four of 96, and the last of 320 is one of 192: against proxylessnas-mobile at 224 x 224 and 1000 classes 10.4 %
fewer MACs and 0.1 % fewer parameters."""


def build_proxylessnas(configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
    """Build the Mobile network's stem and mix layer around four searched groups of MBConv.

    Raises:
        InvalidConfiguration: where a map would vanish or a layer would have no channel.
    """
    return build_inverted_residual_network(
        configuration, input_shape, num_classes, stem=(32, 16), stages=STAGES, mix=1280, epsilon=1e-3
    )


_STRIDES = (2, 2, 2, 1, 2, 1)

_MOBILE = (
    ((5, 3), (3, 3)),
    ((7, 3), (3, 3), (5, 3), (5, 3)),
    ((7, 6), (5, 3), (5, 3), (5, 3)),
    ((5, 6), (5, 3), (5, 3), (5, 3)),
    ((7, 6), (7, 6), (7, 3), (7, 3)),
    ((7, 6),),
)
"""(kernel, expansion) of every superblock of the six published stages."""

_CPU = (
    ((3, 6), (3, 3), (3, 3), (3, 3)),
    ((3, 6), (3, 3), (3, 3), (5, 3)),
    ((3, 6), (3, 3)),
    ((5, 6), (3, 3), (3, 3), (3, 3)),
    ((5, 6), (5, 3), (5, 3), (3, 3)),
    ((5, 6),),
)

_GPU = (
    ((5, 3),),
    ((7, 3), (3, 3)),
    ((7, 6), (5, 3)),
    ((5, 6), (3, 3), (5, 3)),
    ((7, 6), (7, 6), (7, 6), (5, 6)),
    ((7, 6),),
)


def _published(
    stem: tuple[int, int],
    widths: tuple[int, ...],
    stages: tuple[tuple[tuple[int, int], ...], ...],
    *,
    mix: int,
    macs: int,
    parameters: int,
) -> PublishedNetwork:
    rows = [
        MBConv(kernel, expansion, width, stride if block == 0 else 1)
        for width, stage, stride in zip(widths, stages, _STRIDES, strict=True)
        for block, (kernel, expansion) in enumerate(stage)
    ]
    network = MobileNetwork(stem, rows, mix=mix, epsilon=1e-3)
    return PublishedNetwork(
        network.build,
        (3, 224, 224),
        "Cai et al. 2019, released configurations",
        macs=macs,
        parameters=parameters,
        table=network,
    )


PUBLISHED = {
    "proxylessnas-mobile": _published(
        (32, 16), (32, 40, 80, 96, 192, 320), _MOBILE, mix=1280, macs=320_427_584, parameters=4_080_512
    ),
    "proxylessnas-mobile-14": _published(
        (48, 24), (40, 56, 112, 136, 256, 448), _MOBILE, mix=1792, macs=580_883_408, parameters=6_857_568
    ),
    "proxylessnas-cpu": _published(
        (40, 24), (32, 48, 88, 104, 216, 360), _CPU, mix=1432, macs=439_243_864, parameters=4_361_648
    ),
    "proxylessnas-gpu": _published(
        (40, 24), (32, 56, 112, 128, 256, 432), _GPU, mix=1728, macs=465_260_160, parameters=7_119_848
    ),
}
