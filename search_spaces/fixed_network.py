"""A network given as a list of blocks, as one that can be trained and delivered; nothing of it is searched."""

from dataclasses import dataclass
from itertools import accumulate

from prototypenas.errors import InvalidConfiguration
from prototypenas.prototype import Prototype
from prototypenas.types import GROUPS, Configuration, GroupConfiguration, InputShape
from search_spaces.published import MBConv, MobileNetwork

Rows = tuple[MBConv, ...]


@dataclass(frozen=True)
class FixedNetwork:
    """A baseline with one configuration, which stands for all its rows; it has no dimension to prune.

    Evaluators train, quantize and test it like any other architecture. It is no architecture of a search, so that
    `prototypenas.testing.check_baseline`, which varies configurations, is not for it.
    """

    name: str
    network: MobileNetwork
    depths: tuple[int, ...] = ()
    """Rows of each group; where none are given, each group but the first begins where a row halves the map."""

    @property
    def groups(self) -> tuple[Rows, ...]:
        """The rows, parted into four groups.

        Raises:
            InvalidConfiguration: where they make other than four, one is empty, or a row is left over.
        """
        rows = tuple(self.network.rows)
        starts = [place for place, row in enumerate(rows) if place == 0 or row.stride > 1]
        depths = self.depths or tuple(end - start for start, end in zip(starts, [*starts[1:], len(rows)], strict=True))
        if len(depths) != GROUPS or min(depths) < 1 or sum(depths) != len(rows):
            by = "depths" if self.depths else "strides"
            raise InvalidConfiguration(
                f"the {len(rows)} rows of {self.name} make groups of {depths} by their {by}; {GROUPS} are needed, each "
                "of at least one row"
            )
        ends = tuple(accumulate(depths))
        return tuple(rows[end - depth : end] for depth, end in zip(depths, ends, strict=True))

    @property
    def configuration(self) -> Configuration:
        """What it is called with: the depth of each group, and kernel and stride of the group's first row."""
        groups = tuple(
            GroupConfiguration(depth=len(rows), kernel=rows[0].kernel, stride=rows[0].stride) for rows in self.groups
        )
        return Configuration(self.name, width=1.0, groups=groups)

    def __call__(self, configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
        """Build it over images `(C, H, W)`.

        Raises:
            InvalidConfiguration: for any configuration but its own, or rows that are not four groups.
        """
        if configuration != self.configuration:
            raise InvalidConfiguration(f"{self.name} is one network: {self.configuration}, not {configuration}")
        blocks = iter(self.network.blocks())
        return Prototype(
            self.network.stem_of(input_shape[0]),
            [[next(blocks) for _ in rows] for rows in self.groups],
            self.network.head(num_classes),
            configuration=configuration,
            input_shape=input_shape,
            num_classes=num_classes,
            dimensions=(),
        )
