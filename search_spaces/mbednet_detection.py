"""MbedNet as a detector's backbone: three feature levels, each mapped to YOLOv5's raw predictions."""

from collections.abc import Sequence

from torch import Tensor, nn

from prototypenas.prototype import Prototype
from prototypenas.types import Configuration, GroupConfiguration, InputShape
from search_spaces.convolution import convolution
from search_spaces.mbednet import build_backbone
from search_spaces.sizing import Sizing

LEVELS = (1, 2, 3)
"""Groups whose outputs are detected on, finest first: strides 8, 16, 32 where every group halves its map."""

ANCHORS_PER_LEVEL = 3
"""YOLOv5's; each predicts a box (4), an objectness (1) and a score for every class."""

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
    """One 1x1 convolution a feature level."""

    def __init__(self, channels: Sequence[int], outputs: int) -> None:
        super().__init__()
        self.levels = nn.ModuleList(convolution(width, outputs, bias=True) for width in channels)

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        """Map each level `(N, C_l, H_l, W_l)` to `(N, outputs, H_l, W_l)`."""
        return [level(feature) for level, feature in zip(self.levels, features, strict=True)]


def detection_outputs(num_classes: int) -> int:
    """Give the channels of each level's raw predictions: anchors x (box, objectness, classes)."""
    return ANCHORS_PER_LEVEL * (5 + num_classes)


def build_mbednet_detection(configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
    """Build the backbone and the level head over images `(C, H, W)`.

    Raises:
        InvalidConfiguration: where a map would vanish or a layer would have no channel.
    """
    sizing = Sizing(configuration, input_shape)
    stem, groups, streams = build_backbone(sizing, input_shape[0])
    return Prototype(
        stem,
        groups,
        LevelHead([streams[level].kept for level in LEVELS], detection_outputs(num_classes)),
        configuration=configuration,
        input_shape=input_shape,
        num_classes=num_classes,
        dimensions=sizing.dimensions,
        levels=LEVELS,
    )
