"""ProxylessNAS's space for microcontrollers: each superblock's kernel and expansion, or that it is left out.

The publication searches kernels 3, 5, 7 and expansions 3, 6 in a network for 224 pixels and a phone. The presets keep
these choices and take widths and strides that suit 32 pixels and a microcontroller.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from torch import nn

from prototypenas.errors import ConfigurationError, InvalidConfiguration
from prototypenas.oneshot.mixed_edge import MixedEdge
from prototypenas.oneshot.supernet import Supernet
from prototypenas.types import GROUPS, InputShape
from search_spaces.fixed_network import FixedNetwork
from search_spaces.published import MBConv, MobileNetwork, superblock

SKIP = "skip"
"""The choice that leaves a superblock out."""

Choices = Mapping[str, MBConv | None]
"""What one superblock may be, by name; `None` leaves it out."""


@dataclass(frozen=True)
class SupernetSpace:
    """Four stages of superblocks, each of which is chosen for itself."""

    stem: tuple[int, int]
    """Channels of the first convolution and of the unexpanded superblock after it."""
    widths: tuple[int, ...]
    """Channels of each stage."""
    strides: tuple[int, ...]
    """Of the first superblock of each stage."""
    blocks: tuple[int, ...]
    """Superblocks of each stage."""
    stem_stride: int = 2
    kernels: tuple[int, ...] = (3, 5, 7)
    expansions: tuple[int, ...] = (3, 6)
    skip: bool = True
    """Whether all superblocks but the first of a stage may be left out."""
    mix: int | None = None
    """Channels of a 1x1 convolution before the mean."""
    epsilon: float = 1e-3

    def __post_init__(self) -> None:
        lengths = {len(self.widths), len(self.strides), len(self.blocks)}
        if lengths != {GROUPS} or min(*self.widths, *self.blocks, *self.stem) < 1:
            raise ConfigurationError(
                f"stages of widths {self.widths}, strides {self.strides} and blocks {self.blocks}; {GROUPS} of each "
                "are needed, of at least one channel and block"
            )

    def places(self) -> Iterator[tuple[int, Choices]]:
        """Return of every superblock its input channels and what it may be."""
        features = self.stem[1]
        for width, stride, blocks in zip(self.widths, self.strides, self.blocks, strict=True):
            for block in range(blocks):
                rows: dict[str, MBConv | None] = {
                    f"k{kernel}e{expansion}": MBConv(kernel, expansion, width, stride if block == 0 else 1)
                    for expansion in self.expansions
                    for kernel in self.kernels
                }
                yield features, {**rows, **({SKIP: None} if self.skip and block else {})}
                features = width

    def network(self, rows: Sequence[MBConv]) -> MobileNetwork:
        """Return stem, rows and head of this space."""
        return MobileNetwork(self.stem, rows, mix=self.mix, epsilon=self.epsilon, stem_stride=self.stem_stride)

    def check_input(self, input_shape: InputShape) -> None:
        """Refuse an input whose map would vanish.

        Raises:
            InvalidConfiguration: naming the stage.
        """
        if len(input_shape) != 3:
            raise InvalidConfiguration(f"input {input_shape}; these networks take images (C, H, W)")
        side = min(input_shape[1:])
        for stage, stride in enumerate((self.stem_stride, *self.strides)):
            if stride > 1 and side == 1:
                where = f"stage {stage}" if stage else "the stem"
                raise InvalidConfiguration(f"{where}: a stride of {stride} leaves nothing of a map of 1 pixel")
            side = -(-side // stride)


def build_supernet(space: SupernetSpace, input_shape: InputShape, num_classes: int) -> Supernet:
    """Build all candidates of a space over images `(C, H, W)`.

    Raises:
        InvalidConfiguration: if a map would vanish.
    """
    space.check_input(input_shape)
    edges = [
        MixedEdge(
            {name: superblock(features, row, space.epsilon) if row else nn.Identity() for name, row in choices.items()}
        )
        for features, choices in space.places()
    ]
    # Of the rows the head reads only the last one's width.
    network = space.network([MBConv(3, 1, space.widths[-1])])
    return Supernet(network.stem_of(input_shape[0]), edges, network.head(num_classes))


def derived_network(space: SupernetSpace, chosen: Sequence[str], name: str) -> FixedNetwork:
    """Return the network of one choice a superblock, to be trained for itself; what is left out is not in it.

    Raises:
        InvalidConfiguration: for a choice that a superblock does not have.
    """
    found = []
    for place, ((_, choices), choice) in enumerate(zip(space.places(), chosen, strict=True)):
        if choice not in choices:
            raise InvalidConfiguration(f"superblock {place} may be {', '.join(choices)}, not {choice!r}")
        found.append(choices[choice])
    starts = [sum(space.blocks[:stage]) for stage in range(GROUPS)]
    stages = [found[start : start + blocks] for start, blocks in zip(starts, space.blocks, strict=True)]
    rows = [row for row in found if row is not None]
    return FixedNetwork(name, space.network(rows), tuple(sum(row is not None for row in stage) for stage in stages))


SUPERNETS: Mapping[str, SupernetSpace] = MappingProxyType(
    {
        "tiny": SupernetSpace((16, 8), (8, 16, 24, 48), (1, 2, 2, 2), (4, 4, 4, 4)),
        "small": SupernetSpace((16, 16), (16, 24, 40, 64), (1, 2, 2, 1), (3, 3, 3, 3)),
        "medium": SupernetSpace((16, 16), (16, 24, 48, 96), (1, 2, 2, 2), (4, 4, 4, 4)),
        "large": SupernetSpace((16, 16), (16, 24, 48, 96), (1, 2, 2, 2), (4, 4, 4, 4), stem_stride=1),
    }
)
"""By size, for 32 pixels. `large` wants a GPU."""
