"""The networks of NATS-Bench: cells of its topology space, widths of its size space (Dong et al. 2021)."""

from collections.abc import Sequence
from functools import reduce
from operator import add

from torch import Tensor, nn

from prototypenas.errors import ConfigurationError

CELLS_PER_STAGE = 5
_STAGE_CHANNELS = (16, 32, 64)
SIZE_CELL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
"""The one cell of the size space."""


class Zero(nn.Module):
    """The operation `none`: gives zeros, but keeps its input in the graph as the benchmark's does."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Multiply by 0."""
        return inputs * 0.0


class Cell(nn.Module):
    """Four nodes; each is the sum of one operation per earlier node."""

    def __init__(self, operations: tuple[tuple[str, ...], ...], inputs: int, channels: int) -> None:
        super().__init__()
        self.nodes = nn.ModuleList(
            nn.ModuleList(
                _operation(name, channels if source else inputs, channels) for source, name in enumerate(names)
            )
            for names in operations
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Map `(N, inputs, H, W)` to `(N, channels, H, W)`."""
        states = [inputs]
        for edges in self.nodes:
            assert isinstance(edges, nn.ModuleList)
            states.append(reduce(add, (edge(state) for edge, state in zip(edges, states, strict=True))))
        return states[-1]


class ReductionBlock(nn.Module):
    """The residual block between stages: half the size, twice the channels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = _relu_conv_norm(inputs, outputs, kernel=3, stride=2)
        self.second = _relu_conv_norm(outputs, outputs, kernel=3, stride=1)
        self.shortcut = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(inputs, outputs, 1, bias=False))

    def forward(self, inputs: Tensor) -> Tensor:
        """Map `(N, C, H, W)` to `(N, 2C, H/2, W/2)`."""
        shortcut: Tensor = self.shortcut(inputs)
        residual: Tensor = self.second(self.first(inputs))
        return shortcut + residual


def build_network(architecture: str, num_classes: int, *, cells: int = CELLS_PER_STAGE) -> nn.Sequential:
    """Build the network of an architecture string such as `|nor_conv_3x3~0|+|none~0|skip_connect~1|+|...|`.

    Stem, three stages of five (or `cells`) cells at 16, 32 and 64 channels with reduction blocks between, head.

    Raises:
        ConfigurationError: for a string that is no cell of this space.
    """
    operations = parse_architecture(architecture)
    first = _STAGE_CHANNELS[0]
    layers: list[nn.Module] = [nn.Conv2d(3, first, 3, padding=1, bias=False), nn.BatchNorm2d(first)]
    for previous, channels in zip((None, *_STAGE_CHANNELS), _STAGE_CHANNELS, strict=False):
        if previous is not None:
            layers.append(ReductionBlock(previous, channels))
        layers += [Cell(operations, channels, channels) for _ in range(cells)]
    return nn.Sequential(*layers, *_head(_STAGE_CHANNELS[-1], num_classes))


def build_size_network(channels: Sequence[int], num_classes: int) -> nn.Sequential:
    """Build a network of the size space: stem and cell, then twice a reduction block and a cell, of these five widths.

    Raises:
        ConfigurationError: for other than five positive widths.
    """
    if len(channels) != 5 or min(channels) < 1:
        raise ConfigurationError(f"widths are {tuple(channels)}; the size space has five, each at least 1")
    operations = parse_architecture(SIZE_CELL)
    first, reduced, second, again, third = channels
    return nn.Sequential(
        nn.Conv2d(3, first, 3, padding=1, bias=False),
        nn.BatchNorm2d(first),
        Cell(operations, first, first),
        ReductionBlock(first, reduced),
        Cell(operations, reduced, second),
        ReductionBlock(second, again),
        Cell(operations, again, third),
        *_head(third, num_classes),
    )


def published_macs(architecture: str, num_classes: int, side: int = 32) -> int:
    """Return what NATS-Bench counts as the FLOPs of a network: the multiply-accumulates of all its convolutions.

    Those that lead nowhere, or see only zeros, are counted too.

    Raises:
        ConfigurationError: for a string that is no cell of this space.
    """
    names = [name for node in parse_architecture(architecture) for name in node]
    taps = sum(int(name[-1]) ** 2 for name in names if name.startswith("nor_conv"))
    total, size = 3 * _STAGE_CHANNELS[0] * 9 * side**2, side
    for previous, channels in zip((None, *_STAGE_CHANNELS), _STAGE_CHANNELS, strict=False):
        if previous is not None:
            size //= 2
            total += (9 * previous + 9 * channels + previous) * channels * size**2
        total += CELLS_PER_STAGE * taps * channels**2 * size**2
    return total + _STAGE_CHANNELS[-1] * num_classes


def _head(channels: int, num_classes: int) -> list[nn.Module]:
    return [
        nn.BatchNorm2d(channels),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(channels, num_classes),
    ]


def parse_architecture(architecture: str) -> tuple[tuple[str, ...], ...]:
    """Return the operations of nodes 1, 2 and 3, in the order of the nodes they read.

    Raises:
        ConfigurationError: for a string that is no cell of this space.
    """
    nodes = tuple(
        tuple(edge.partition("~")[0] for edge in node.strip("|").split("|")) for node in architecture.split("+")
    )
    if tuple(map(len, nodes)) != (1, 2, 3) or not {name for node in nodes for name in node} <= _OPERATIONS:
        raise ConfigurationError(f"{architecture!r} is no NATS-Bench cell; its operations are {sorted(_OPERATIONS)}")
    return nodes


_OPERATIONS = {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"}


def _operation(name: str, inputs: int, channels: int) -> nn.Module:
    if name == "none":
        return Zero()
    if name == "skip_connect" and inputs == channels:
        return nn.Identity()
    if name == "skip_connect":
        return nn.Sequential(nn.Conv2d(inputs, channels, 1, bias=False), nn.BatchNorm2d(channels))
    if name == "avg_pool_3x3":
        return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    return _relu_conv_norm(inputs, channels, kernel=int(name[-1]), stride=1)


def _relu_conv_norm(inputs: int, outputs: int, *, kernel: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False)
    return nn.Sequential(nn.ReLU(), convolution, nn.BatchNorm2d(outputs))
