"""MbedNet as a detector's backbone with YOLOv5's neck: coarse levels tell the finer ones what they see, and back.

Path aggregation (Liu et al. 2018) with MbedNet's superblocks in place of YOLOv5's. Down the levels, each is narrowed,
enlarged, joined to the next finer one and mixed; up again, each is halved, joined to the coarser one and mixed.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from prototypenas.prototype import Prototype
from prototypenas.types import Configuration, GroupConfiguration, InputShape
from search_spaces.convolution import convolution_unit
from search_spaces.mbednet import GROUP_CHANNELS, SeparableBlock, build_backbone
from search_spaces.mbednet_detection import LEVELS, LevelHead, level_strides
from search_spaces.sizing import Sizing

KERNEL = 3

REFERENCE = Configuration(
    "mbednet_yolo",
    width=0.75,
    groups=(
        GroupConfiguration(depth=2, kernel=3, stride=2),
        GroupConfiguration(depth=3, kernel=3, stride=2),
        GroupConfiguration(depth=4, kernel=3, stride=2),
        GroupConfiguration(depth=2, kernel=3, stride=2),
    ),
)
"""Ours; narrower than `mbednet_detection`'s, for about as many MACs with the neck as that has without."""


class Mixed(nn.Module):
    """Two maps of one size joined and mixed: a 1x1 convolution and a superblock."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.join = convolution_unit(in_channels, channels)
        self.mix = SeparableBlock(channels, channels, kernel=KERNEL, stride=1, axes=2)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """Map two `(N, ..., H, W)` to `(N, channels, H, W)`."""
        mixed: Tensor = self.mix(self.join(torch.cat([one, other], dim=1)))
        return mixed


class NeckAndHead(nn.Module):
    """YOLOv5's way down and up the levels, then one 1x1 convolution a level."""

    def __init__(self, given: Sequence[int], widths: Sequence[int], strides: Sequence[int], num_classes: int) -> None:
        """`given` are the backbone's channels by level, `widths` the neck's, both finest first."""
        super().__init__()
        steps = [coarse // fine for fine, coarse in pairwise(strides)]
        pairs = range(len(steps))
        arriving = [*widths[1:-1], given[-1]]
        self.narrow = nn.ModuleList(convolution_unit(arriving[place], widths[place]) for place in pairs)
        self.enlarge = nn.ModuleList(
            nn.Upsample(scale_factor=step, mode="nearest") if step > 1 else nn.Identity() for step in steps
        )
        self.down = nn.ModuleList(Mixed(given[place] + widths[place], widths[place]) for place in pairs)
        self.halve = nn.ModuleList(
            SeparableBlock(widths[place], widths[place], kernel=KERNEL, stride=steps[place], axes=2) for place in pairs
        )
        self.up = nn.ModuleList(
            Mixed(widths[place] + (widths[place + 1] if place + 1 < len(steps) else given[-1]), widths[place + 1])
            for place in pairs
        )
        self.head = LevelHead(widths, strides, num_classes)

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        """Map each level `(N, C_l, H_l, W_l)` to `(N, outputs, H_l, W_l)`."""
        levels = list(features)
        for place in reversed(range(len(self.down))):
            coarse = self.enlarge[place](self.narrow[place](levels[place + 1]))
            levels[place] = self.down[place](levels[place], coarse)
        for place, (halve, up) in enumerate(zip(self.halve, self.up, strict=True)):
            levels[place + 1] = up(halve(levels[place]), levels[place + 1])
        outputs: list[Tensor] = self.head(levels)
        return outputs


def build_mbednet_yolo(configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
    """Build backbone, neck and level head over images `(C, H, W)`; the neck's widths are scaled, not pruned.

    Raises:
        InvalidConfiguration: where a map would vanish, a layer would have no channel, or a level no whole stride.
    """
    sizing = Sizing(configuration, input_shape)
    strides = level_strides(configuration, input_shape)
    stem, groups, streams = build_backbone(sizing, input_shape[0])
    widths = [_neck_width(sizing, place, level) for place, level in enumerate(LEVELS)]
    return Prototype(
        stem,
        groups,
        NeckAndHead([streams[level].kept for level in LEVELS], widths, strides, num_classes),
        configuration=configuration,
        input_shape=input_shape,
        num_classes=num_classes,
        dimensions=sizing.dimensions,
        levels=LEVELS,
    )


def _neck_width(sizing: Sizing, place: int, level: int) -> int:
    """Record the neck's channels at a level: what the backbone has there before pruning."""
    width = sizing.scaled(f"neck at group {level}", GROUP_CHANNELS[level])
    last = len(LEVELS) - 1
    root = f"head.up.{place - 1}.mix.project.0" if place == last else f"head.down.{place}.mix.project.0"
    return sizing.fixed(f"neck.level{place}", root, width).kept
