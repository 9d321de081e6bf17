"""InceptionTime (Ismail Fawaz et al. 2020): modules of three parallel convolutions and a pooled branch."""

import torch
from torch import Tensor, nn

from prototypenas.prototype import ChannelDimension, Prototype
from prototypenas.types import Configuration, GroupConfiguration, InputShape
from search_spaces.convolution import classifier, convolution, convolution_unit
from search_spaces.published import PublishedNetwork
from search_spaces.sizing import Sizing

FILTERS = 32
"""Channels of the bottleneck and of each of the four branches at width 1, in every group."""

MODULES_PER_RESIDUAL = 3

REFERENCE = Configuration(
    "inceptiontime",
    width=1.0,
    groups=(
        GroupConfiguration(depth=3, kernel=39, stride=1),
        GroupConfiguration(depth=1, kernel=39, stride=1),
        GroupConfiguration(depth=1, kernel=39, stride=1),
        GroupConfiguration(depth=1, kernel=39, stride=1),
    ),
)
"""All six published modules; the second of the two residuals is missing, since residuals end with their group: against
the published network at 1 x 512 and 10 classes 4.1 % fewer MACs and 4.1 % fewer parameters."""


class ResidualJoin(nn.Module):
    """Adds the projected start of a residual to its end."""

    def __init__(self, start_channels: int, end_channels: int, *, stride: int) -> None:
        super().__init__()
        self.shortcut = convolution_unit(start_channels, end_channels, stride=stride, axes=1, activation=None)
        self.activation = nn.ReLU()

    def forward(self, end: Tensor, start: Tensor) -> Tensor:
        """Join `(N, end_channels, T)` and `(N, start_channels, T * stride)`."""
        joined: Tensor = self.activation(end + self.shortcut(start))
        return joined


class InceptionModule(nn.Module):
    """1x1 bottleneck, three parallel convolutions of it, and a pooled 1x1 branch; concatenated.

    The publication normalises and rectifies after the concatenation, which is the same arithmetic as doing it in each
    branch; so each branch folds into one convolution on the device. The first module of a series of one channel has
    no bottleneck.
    """

    def __init__(
        self,
        in_channels: int,
        bottleneck: int | None,
        branches: tuple[int, ...],
        *,
        kernel: int,
        stride: int,
        join: ResidualJoin | None = None,
    ) -> None:
        super().__init__()
        self.bottleneck = nn.Identity() if bottleneck is None else convolution(in_channels, bottleneck, axes=1)
        width = in_channels if bottleneck is None else bottleneck
        self.branches = nn.ModuleList(
            convolution_unit(width, channels, size, stride=stride, axes=1)
            for channels, size in zip(branches, branch_kernels(kernel), strict=False)
        )
        self.pooled = nn.Sequential(
            nn.MaxPool1d(3, stride=stride, padding=1), *convolution_unit(in_channels, branches[-1], axes=1)
        )
        self.join = join
        """Called by the group behind this module."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Map `(N, in_channels, T)` to `(N, sum(branches), ceil(T / stride))`."""
        narrowed = self.bottleneck(inputs)
        return torch.cat([*(branch(narrowed) for branch in self.branches), self.pooled(inputs)], dim=1)


class InceptionGroup(nn.Sequential):
    """Modules in a row; one with a join ends a residual that began behind the last such, or at the input."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Map `(N, C, T)` to `(N, C', ceil(T / stride))`."""
        features = start = inputs
        for module in self:
            assert isinstance(module, InceptionModule)
            features = module(features)
            if module.join is not None:
                features = start = module.join(features, start)
        return features


def branch_kernels(longest: int) -> tuple[int, int, int]:
    """Return the kernels of the three parallel convolutions: each about half the one before, all odd.

    39 gives 39, 19, 9: the publication's 40, 20, 10 at odd sizes.
    """
    return longest, longest // 2 | 1, longest // 4 | 1


def build_inceptiontime(configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
    """Build InceptionTime over series `(C, T)`: a group is a row of modules, every third of it ends a residual.

    The publication has no stem; a 1x1 convolution would only repeat the first module's bottleneck. A group's stride
    applies to all branches and shortcuts of its first module; the publication never strides.

    Raises:
        InvalidConfiguration: where the series would vanish or a layer would have no channel.
    """
    sizing = Sizing(configuration, input_shape, axes=1)
    groups, features = [], (input_shape[0], input_shape[0])
    for group in range(len(configuration.groups)):
        built, features = _build_group(sizing, group, features)
        groups.append(built)
    return Prototype(
        nn.Identity(),
        groups,
        classifier(features[1], num_classes, axes=1),
        configuration=configuration,
        input_shape=input_shape,
        num_classes=num_classes,
        dimensions=sizing.dimensions,
    )


def _build_group(sizing: Sizing, group: int, features: tuple[int, int]) -> tuple[InceptionGroup, tuple[int, int]]:
    """Build one group; `features` are the incoming channels before and after pruning."""
    searched = sizing.configuration.groups[group]
    width = sizing.scaled(f"group {group}", FILTERS)
    modules, start, stride = [], features[1], searched.stride
    for block in range(searched.depth):
        sizing.slide(f"group {group}, superblock {block}", searched.kernel, searched.stride if block == 0 else 1)
        bottleneck, branches = _widths(sizing, group, block, width=width, has_bottleneck=features[0] > 1)
        kept = tuple(branch.kept for branch in branches)
        join = None
        if block % MODULES_PER_RESIDUAL == MODULES_PER_RESIDUAL - 1:
            join = ResidualJoin(start, sum(kept), stride=stride)
            start, stride = sum(kept), 1
        modules.append(
            InceptionModule(
                features[1],
                bottleneck.kept if bottleneck else None,
                kept,
                kernel=searched.kernel,
                stride=searched.stride if block == 0 else 1,
                join=join,
            )
        )
        features = (sum(branch.channels for branch in branches), sum(kept))
    return InceptionGroup(*modules), features


def _widths(
    sizing: Sizing, group: int, block: int, *, width: int, has_bottleneck: bool
) -> tuple[ChannelDimension | None, tuple[ChannelDimension, ...]]:
    name, root = f"block{block}", f"groups.{group}.{block}"
    bottleneck = (
        sizing.pruned(f"{name}.bottleneck", f"{root}.bottleneck", width, group=group) if has_bottleneck else None
    )
    parallel = [
        sizing.pruned(f"{name}.branch{branch}", f"{root}.branches.{branch}.0", width, group=group)
        for branch in range(3)
    ]
    pooled = sizing.pruned(f"{name}.pooled", f"{root}.pooled.1", width, group=group)
    return bottleneck, (*parallel, pooled)


def _build_published(num_classes: int) -> nn.Module:
    """Build the six modules of one published network over a series of one channel, two residuals of three."""
    width = 4 * FILTERS
    modules, features, start = [], 1, 1
    for block in range(6):
        join = ResidualJoin(start, width, stride=1) if block % 3 == 2 else None
        bottleneck = FILTERS if features > 1 else None
        modules.append(InceptionModule(features, bottleneck, (FILTERS,) * 4, kernel=39, stride=1, join=join))
        features = width
        start = width if join else start
    return nn.Sequential(InceptionGroup(*modules), classifier(width, num_classes, axes=1))


PUBLISHED = {
    "inceptiontime": PublishedNetwork(
        _build_published,
        (1, 512),
        "Ismail Fawaz et al. 2020, one of its five networks, kernels 39, 19, 9 for 40, 20, 10",
        macs=206_177_536,
        parameters=406_026,
        num_classes=10,
    )
}
"""The publication takes series of any length; 512 and 10 classes are ours."""
