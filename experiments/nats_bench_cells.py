"""The cells of the NATS-Bench topology space as networks, only to check how proxies rank them."""

from functools import reduce
from operator import add

from torch import Tensor, nn

from prototypenas.errors import ConfigurationError

_CELLS_PER_STAGE = 5
_STAGE_CHANNELS = (16, 32, 64)


class Zero(nn.Module):
    """The operation `none`: gives zeros, but keeps its input in the graph as the benchmark's does."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Multiply by 0."""
        return inputs * 0.0


class Cell(nn.Module):
    """Four nodes; each is the sum of one operation per earlier node."""

    def __init__(self, operations: tuple[tuple[str, ...], ...], channels: int) -> None:
        super().__init__()
        self.nodes = nn.ModuleList(nn.ModuleList(_operation(name, channels) for name in names) for names in operations)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map `(N, C, H, W)` to the same shape."""
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


def build_network(architecture: str, num_classes: int) -> nn.Sequential:
    """Build the network of an architecture string such as `|nor_conv_3x3~0|+|none~0|skip_connect~1|+|...|`.

    Stem, three stages of five cells at 16, 32 and 64 channels with reduction blocks between, head (Dong et al. 2021).

    Raises:
        ConfigurationError: for a string that is no cell of this space.
    """
    operations = parse_architecture(architecture)
    first = _STAGE_CHANNELS[0]
    layers: list[nn.Module] = [nn.Conv2d(3, first, 3, padding=1, bias=False), nn.BatchNorm2d(first)]
    for previous, channels in zip((None, *_STAGE_CHANNELS), _STAGE_CHANNELS, strict=False):
        if previous is not None:
            layers.append(ReductionBlock(previous, channels))
        layers += [Cell(operations, channels) for _ in range(_CELLS_PER_STAGE)]
    last = _STAGE_CHANNELS[-1]
    head = [nn.BatchNorm2d(last), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(last, num_classes)]
    return nn.Sequential(*layers, *head)


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


def _operation(name: str, channels: int) -> nn.Module:
    if name == "none":
        return Zero()
    if name == "skip_connect":
        return nn.Identity()
    if name == "avg_pool_3x3":
        return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    return _relu_conv_norm(channels, channels, kernel=int(name[-1]), stride=1)


def _relu_conv_norm(inputs: int, outputs: int, *, kernel: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False)
    return nn.Sequential(nn.ReLU(), convolution, nn.BatchNorm2d(outputs))
