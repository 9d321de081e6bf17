"""Widths and map sizes of a prototype under construction, each computed once for builder, pruner and report."""

from prototypenas.errors import ConfigurationError, InvalidConfiguration
from prototypenas.prototype import ChannelDimension, kept_channels, scaled_channels
from prototypenas.types import Configuration, InputShape

SMALL_SIDE = 64
"""Pixels; below it a stem that quarters the map leaves too little for four groups."""


class Sizing:
    """Hands out the channel dimensions of one prototype and follows the size of its feature maps.

    Every window is padded by `kernel // 2`, so a map of `n` pixels becomes `ceil(n / stride)` and no kernel is ever
    larger than its padded input. A window is refused all the same where it means nothing any more: stride 2 on a map
    of one pixel, or a padding wider than the map itself, so that most of the kernel reads zeros only.
    """

    def __init__(self, configuration: Configuration, input_shape: InputShape, *, axes: int = 2) -> None:
        """Start from the input; `axes` is 2 for images `(C, H, W)` and 1 for time series `(C, T)`.

        Raises:
            ConfigurationError: if the input has other axes, or one of them is empty.
        """
        if len(input_shape) != axes + 1 or min(input_shape) < 1:
            wanted = "(C, H, W)" if axes == 2 else "(C, T)"
            raise ConfigurationError(
                f"{configuration.architecture} takes inputs {wanted}, each at least 1; got {input_shape}"
            )
        self.configuration = configuration
        self.map_size = tuple(input_shape[1:])
        self.small_input = min(self.map_size) < SMALL_SIDE
        """Whether stems made for ImageNet should leave out their pool, as is usual for CIFAR."""
        self._dimensions: list[ChannelDimension] = []

    @property
    def dimensions(self) -> tuple[ChannelDimension, ...]:
        """All dimensions handed out so far, in the order of the network."""
        return tuple(self._dimensions)

    def scaled(self, name: str, base: int) -> int:
        """Return `base` channels times the configuration's width; `name` is for the error only.

        Raises:
            InvalidConfiguration: if no channel is left.
        """
        try:
            return scaled_channels(base, self.configuration.width)
        except InvalidConfiguration as error:
            raise InvalidConfiguration(f"{name}: {error}") from error

    def fixed(self, name: str, root: str, channels: int) -> ChannelDimension:
        """Record a dimension that pruning never reaches: stem or head."""
        return self._record(ChannelDimension(name, root, None, channels, channels))

    def pruned(self, name: str, root: str, channels: int, *, group: int) -> ChannelDimension:
        """Record a dimension that a group's sparsity prunes; `name` is completed by the group."""
        kept = kept_channels(channels, self.configuration.groups[group].sparsity)
        return self._record(ChannelDimension(f"group{group}.{name}", root, group, channels, kept))

    def slide(self, where: str, kernel: int, stride: int) -> None:
        """Move a window over the map, which shrinks to `ceil(size / stride)`.

        Raises:
            InvalidConfiguration: if the map would vanish, or `kernel // 2` exceeds it.
        """
        size = "x".join(str(side) for side in self.map_size)
        smallest = min(self.map_size)
        if stride > 1 and smallest == 1:
            raise InvalidConfiguration(f"{where}: a stride of {stride} would leave nothing of a map of {size}")
        if kernel // 2 > smallest:
            raise InvalidConfiguration(f"{where}: kernel {kernel} pads {kernel // 2} on each side of a map of {size}")
        self.map_size = tuple(-(-side // stride) for side in self.map_size)

    def _record(self, dimension: ChannelDimension) -> ChannelDimension:
        self._dimensions.append(dimension)
        return dimension
