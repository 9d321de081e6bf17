"""MbedNet as a detector's backbone: three feature levels, each mapped to YOLOv5's raw predictions."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from prototypenas.detection.head import anchor_channels, class_prior, objectness_prior
from prototypenas.errors import InvalidConfiguration
from prototypenas.prototype import Prototype
from prototypenas.types import Configuration, GroupConfiguration, InputShape
from search_spaces.convolution import convolution
from search_spaces.mbednet import build_backbone
from search_spaces.sizing import Sizing

LEVELS = (1, 2, 3)
"""Groups whose outputs are detected on, finest first: strides 8, 16, 32 where every group halves its map."""

ANCHORS_PER_LEVEL = 3
"""YOLOv5's; each predicts a box (4), an objectness (1) and, where there are several, a score for every class."""

REFERENCE = Configuration(
    "mbednet_detection",
    width=1.0,
    groups=(
        GroupConfiguration(depth=2, kernel=3, stride=2),
        GroupConfiguration(depth=3, kernel=3, stride=2),
        GroupConfiguration(depth=4, kernel=3, stride=2),
        GroupConfiguration(depth=2, kernel=3, stride=2),
    ),
)
"""Ours: there is no publication to differ from."""


class LevelHead(nn.Module):
    """One 1x1 convolution a feature level, its biases begun as YOLOv5's: few objects, rare classes."""

    def __init__(self, channels: Sequence[int], strides: Sequence[int], num_classes: int) -> None:
        super().__init__()
        outputs = detection_outputs(num_classes)
        self.levels = nn.ModuleList(convolution(width, outputs, bias=True) for width in channels)
        with torch.no_grad():
            for number, stride in enumerate(strides):
                bias = self.levels.get_parameter(f"{number}.bias").view(ANCHORS_PER_LEVEL, -1)
                bias[:, 4] = objectness_prior(stride)
                if num_classes > 1:
                    bias[:, 5:] = class_prior(num_classes)

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        """Map each level `(N, C_l, H_l, W_l)` to `(N, outputs, H_l, W_l)`."""
        return [level(feature) for level, feature in zip(self.levels, features, strict=True)]


def detection_outputs(num_classes: int) -> int:
    """Return the channels of each level's raw predictions: anchors x (box, objectness, classes)."""
    return ANCHORS_PER_LEVEL * anchor_channels(num_classes)


def level_strides(configuration: Configuration, input_shape: InputShape) -> tuple[int, ...]:
    """Return the stride of each level: the stem's 2 times those of the groups up to it.

    Raises:
        InvalidConfiguration: if the input is no multiple of one of them, so that a cell would have no whole size.
    """
    strides, stride = [], 2
    for group in configuration.groups:
        stride *= group.stride
        strides.append(stride)
    for level in LEVELS:
        if any(side % strides[level] for side in input_shape[1:]):
            size = "x".join(map(str, input_shape[1:]))
            raise InvalidConfiguration(f"the level after group {level} has stride {strides[level]}, no part of {size}")
    return tuple(strides[level] for level in LEVELS)


def build_mbednet_detection(configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
    """Build the backbone and the level head over images `(C, H, W)`.

    Raises:
        InvalidConfiguration: where a map would vanish, a layer would have no channel, or a level no whole stride.
    """
    sizing = Sizing(configuration, input_shape)
    strides = level_strides(configuration, input_shape)
    stem, groups, streams = build_backbone(sizing, input_shape[0])
    return Prototype(
        stem,
        groups,
        LevelHead([streams[level].kept for level in LEVELS], strides, num_classes),
        configuration=configuration,
        input_shape=input_shape,
        num_classes=num_classes,
        dimensions=sizing.dimensions,
        levels=LEVELS,
    )
