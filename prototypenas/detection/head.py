"""The head of a detector: which box, objectness and classes each int8 output stands for, as `head.json` keeps it."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from prototypenas.errors import ConfigurationError, InvalidConfiguration, RunDirectoryError
from prototypenas.graph.graph import Graph
from prototypenas.runs.atomic_files import write_json
from prototypenas.types import InputShape

HEAD = "head.json"
"""Name of the file in a model's folder, beside its graph."""

LARGEST_SIDE = 2047
"""Pixels of an input's edge: coordinates are int16 sixteenths of a pixel."""
LARGEST_ANCHOR = 1023
"""Pixels: four times an anchor in sixteenths times 2^16 stays below 2^32."""

Anchor = tuple[float, float]
"""Width and height in input pixels."""


@dataclass(frozen=True)
class DetectionLevel:
    """One map of predictions: its stride in input pixels and the anchors of every cell."""

    stride: int
    anchors: tuple[Anchor, ...]

    def __post_init__(self) -> None:
        if self.stride < 1:
            raise ConfigurationError(f"a level's stride is {self.stride}; it must be at least 1")
        if not self.anchors:
            raise ConfigurationError(f"the level of stride {self.stride} has no anchor; it needs at least one")
        for width, height in self.anchors:
            if not (0 < width <= LARGEST_ANCHOR and 0 < height <= LARGEST_ANCHOR):
                raise ConfigurationError(
                    f"anchor {width} x {height} of stride {self.stride}; sides must be above 0 and at most "
                    f"{LARGEST_ANCHOR} pixels"
                )


@dataclass(frozen=True)
class DetectionHead:
    """What the channels of a detector's outputs mean.

    Each cell of a level holds its anchors one after the other; each anchor x, y, width, height, objectness and, where
    there are several, a score for every class. A lone class needs no score of its own.
    """

    levels: tuple[DetectionLevel, ...]
    classes: tuple[str, ...]
    input_shape: InputShape

    def __post_init__(self) -> None:
        if not self.classes or len(set(self.classes)) < len(self.classes):
            raise ConfigurationError(f"classes of a detector are {self.classes}; at least one, none twice")
        if not self.levels:
            raise ConfigurationError("a detector has no level; it needs at least one")
        if len(self.input_shape) != 3 or max(self.input_shape[1:]) > LARGEST_SIDE:
            raise ConfigurationError(f"input {self.input_shape} of a detector; (C, H, W) with sides to {LARGEST_SIDE}")
        for level in self.levels:
            if any(side % level.stride for side in self.input_shape[1:]):
                raise ConfigurationError(f"input {self.input_shape[1:]} is no multiple of stride {level.stride}")

    @property
    def channels_per_anchor(self) -> int:
        """Predictions of one anchor in one cell."""
        return anchor_channels(len(self.classes))

    @property
    def boxes(self) -> int:
        """Boxes that one inference predicts."""
        return sum(
            height * width * len(level.anchors) for level, (height, width) in zip(self.levels, self.maps, strict=True)
        )

    @property
    def maps(self) -> tuple[tuple[int, int], ...]:
        """Height and width of each level's map."""
        height, width = self.input_shape[1:]
        return tuple((height // level.stride, width // level.stride) for level in self.levels)

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels of each level's map."""
        return tuple(len(level.anchors) * self.channels_per_anchor for level in self.levels)

    def check(self, graph: Graph) -> None:
        """See that the head fits a network.

        Raises:
            RunDirectoryError: naming what the head wants and what the graph has.
        """
        wanted = [(*size, channels) for size, channels in zip(self.maps, self.channels, strict=True)]
        found = output_shapes(graph)
        if wanted != found or tuple(graph.input_shape) != tuple(self.input_shape):
            raise RunDirectoryError(
                f"{HEAD} wants input {self.input_shape} and outputs {wanted} (height, width, channels); "
                f"the graph has input {tuple(graph.input_shape)} and outputs {found}"
            )


def anchor_channels(num_classes: int) -> int:
    """Return the predictions of one anchor: box, objectness, and a score for each class where there are several."""
    return 5 if num_classes == 1 else 5 + num_classes


def objectness_prior(stride: float) -> float:
    """Return the bias an untrained objectness begins with: 8 objects in a picture of 640 pixels, as YOLOv5 assumes."""
    return math.log(8 / (640 / stride) ** 2)


def class_prior(num_classes: int) -> float:
    """Return the bias an untrained class score begins with, as YOLOv5's."""
    return math.log(0.6 / (num_classes - 0.99999))


def head_for(graph: Graph, anchors: Sequence[Sequence[Anchor]], classes: Sequence[str]) -> DetectionHead:
    """Return the head of a network, its strides taken from the sizes of its maps.

    Raises:
        InvalidConfiguration: if a map's size does not divide the input's, or the channels are not those of the head.
    """
    maps = output_shapes(graph)
    if len(maps) != len(anchors):
        raise InvalidConfiguration(f"the network has {len(maps)} levels, the anchors {len(anchors)}")
    levels = []
    for number, ((height, width, channels), level) in enumerate(zip(maps, anchors, strict=True)):
        stride = graph.input_shape[1] // height
        if (stride * height, stride * width) != tuple(graph.input_shape[1:]):
            raise InvalidConfiguration(
                f"level {number} is {height}x{width} for an input of {graph.input_shape[1:]}: no whole stride"
            )
        wanted = len(level) * anchor_channels(len(classes))
        if channels != wanted:
            raise InvalidConfiguration(f"level {number} has {channels} channels; {wanted} are needed")
        levels.append(DetectionLevel(stride, tuple((float(w), float(h)) for w, h in level)))
    return DetectionHead(tuple(levels), tuple(classes), tuple(graph.input_shape))


def output_shapes(graph: Graph) -> list[tuple[int, int, int]]:
    """Return height, width and channels of each output."""
    specs = [graph.tensors[name] for name in graph.outputs]
    return [(spec.height, spec.width, spec.channels) for spec in specs]


def write_head(head: DetectionHead, path: Path) -> None:
    """Write `head.json`, whole or not at all."""
    write_json(path, asdict(head))


def read_head(path: Path) -> DetectionHead:
    """Read what `write_head` wrote.

    Raises:
        RunDirectoryError: if the file is missing or damaged.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        levels = tuple(
            DetectionLevel(int(level["stride"]), tuple((float(w), float(h)) for w, h in level["anchors"]))
            for level in content["levels"]
        )
        return DetectionHead(levels, tuple(map(str, content["classes"])), tuple(map(int, content["input_shape"])))
    except (OSError, ValueError, KeyError, TypeError, ConfigurationError) as error:
        raise RunDirectoryError(
            f"{path} is no readable head of a detector ({error}); train this model again"
        ) from error
