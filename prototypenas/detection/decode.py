"""From raw int8 outputs to boxes by integer arithmetic alone, the same in every bit as `detection.c` of the C project.

Coordinates are sixteenths of an input pixel, scores are in 1/65536. With the table `S[q] = sigma(scale * (q - zero
point))` of each output, a cell at column x of stride s and an anchor of A sixteenths predict

    centre = 16 s x - 8 s + (S s + 1024 >> 11)          that is (2 sigma - 0.5 + x) s
    width  = ((S S >> 16) 4 A + 32768) >> 16            that is (2 sigma)^2 A

and the same for rows; everything but a centre left of the picture fits uint32.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prototypenas.detection.head import DetectionHead, DetectionLevel
from prototypenas.errors import ConfigurationError
from prototypenas.graph.graph import IntegerGraph
from prototypenas.graph.tensors import Quantization

RECORD = np.dtype([("x1", "<i2"), ("y1", "<i2"), ("x2", "<i2"), ("y2", "<i2"), ("score", "<u2"), ("label", "<u2")])
"""`detection_t` of the C: corners in sixteenths of an input pixel, score in 1/65536, class number; 12 bytes."""

Records = NDArray[np.void]
ONE_PIXEL = 16
FULL_SCORE = 65536


@dataclass(frozen=True)
class DetectorSettings:
    """Which boxes are kept."""

    threshold: float = 0.25
    """Least score."""
    overlap_percent: int = 50
    """Of two boxes of one class with a greater intersection over union the weaker is dropped."""
    candidates: int = 100
    """Boxes of the greatest scores that are compared with each other."""
    most: int = 20
    """Boxes given at most."""

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise ConfigurationError(f"detection threshold is {self.threshold}; it must be above 0 and at most 1")
        if not 1 <= self.overlap_percent <= 99:
            raise ConfigurationError(f"overlap is {self.overlap_percent} percent; it must be 1 to 99")
        if self.candidates < 1 or self.most < 1:
            raise ConfigurationError(f"{self.candidates} candidates and {self.most} boxes; at least 1 each")

    @property
    def least_score(self) -> int:
        """The threshold in 1/65536, at most the greatest score there is."""
        return min(FULL_SCORE - 1, math.ceil(FULL_SCORE * self.threshold))

    def within(self, head: DetectionHead) -> "DetectorSettings":
        """Return the settings with no more candidates than the head has boxes, and no more boxes than candidates."""
        candidates = min(self.candidates, head.boxes)
        return DetectorSettings(self.threshold, self.overlap_percent, candidates, min(self.most, candidates))


DEPLOYED = DetectorSettings()
"""What the C is written with."""

EVALUATED = DetectorSettings(threshold=0.001, overlap_percent=50, candidates=1000, most=100)
"""What average precision is measured with: all that the metric would look at (STM32 model zoo's setting)."""


@dataclass(frozen=True, eq=False)
class Decoder:
    """A head with the score tables of its quantized outputs."""

    head: DetectionHead
    tables: NDArray[np.uint16]
    """`(levels, 256)`, by `q + 128`."""

    def decode(self, outputs: Sequence[NDArray[np.int8]], settings: DetectorSettings) -> Records:
        """Return the candidates of one picture, the greatest score first, equal ones by level, row, column, anchor.

        `outputs` are the levels' raw maps `(H, W, channels)`.
        """
        parts = [
            _level_records(self.head, level, table, maps, settings.least_score)
            for level, table, maps in zip(self.head.levels, self.tables, outputs, strict=True)
        ]
        records = np.concatenate(parts)
        order = np.argsort(-records["score"].astype(np.int32), kind="stable")
        return records[order[: settings.candidates]]


def decoder_for(head: DetectionHead, graph: IntegerGraph) -> Decoder:
    """Return the decoder of a quantized network.

    Raises:
        RunDirectoryError: if head and graph do not belong together.
        ConfigurationError: if the graph is not quantized.
    """
    head.check(graph)
    tables = []
    for name in graph.outputs:
        found = graph.tensors[name].quantization
        if found is None:
            raise ConfigurationError(f"output {name} has no quantization; quantize the graph first")
        tables.append(score_table(found))
    return Decoder(head, np.stack(tables))


def score_table(quantization: Quantization) -> NDArray[np.uint16]:
    """Return `65536 sigma(scale (q - zero point))`, rounded, at most 65535, for q from -128 to 127."""
    logits = quantization.scale * (np.arange(-128, 128, dtype=np.float64) - quantization.zero_point)
    # Both forms are exact to the last bit of float64 on their side of 0; neither overflows.
    small = np.exp(-np.abs(logits))
    sigma = np.where(logits >= 0, 1 / (1 + small), small / (1 + small))
    table: NDArray[np.uint16] = np.minimum(FULL_SCORE - 1, np.rint(FULL_SCORE * sigma)).astype(np.uint16)
    return table


def anchor_sixteenths(level: DetectionLevel) -> NDArray[np.int64]:
    """Return the level's anchors in sixteenths of a pixel, at least one, `(anchors, 2)`."""
    sides: NDArray[np.int64] = np.maximum(1, np.rint(ONE_PIXEL * np.array(level.anchors))).astype(np.int64)
    return sides


def _level_records(
    head: DetectionHead, level: DetectionLevel, table: NDArray[np.uint16], maps: NDArray[np.int8], least: int
) -> Records:
    height, width = maps.shape[:2]
    raw = maps.reshape(height, width, len(level.anchors), head.channels_per_anchor)
    score, label = _scores(raw, table)
    row, column, anchor = np.nonzero(score >= least)
    kept = table[raw[row, column, anchor, :4].astype(np.int64) + 128].astype(np.int64)
    sizes = ((kept[:, 2:] * kept[:, 2:] >> 16) * (4 * anchor_sixteenths(level)[anchor]) + 32768) >> 16
    cells = np.stack((column, row), axis=1)
    stride = level.stride
    centres = 16 * stride * cells - 8 * stride + ((kept[:, :2] * stride + 1024) >> 11)
    first = centres - (sizes >> 1)
    limits = ONE_PIXEL * np.array([head.input_shape[2], head.input_shape[1]])
    low, high = np.clip(first, 0, limits), np.clip(first + sizes, 0, limits)
    records = np.zeros(len(row), RECORD)
    records["x1"], records["y1"] = low.T
    records["x2"], records["y2"] = high.T
    records["score"], records["label"] = score[row, column, anchor], label[row, column, anchor]
    seen: Records = records[(high > low).all(axis=1)]
    return seen


def _scores(raw: NDArray[np.int8], table: NDArray[np.uint16]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    score = table[raw[..., 4].astype(np.int64) + 128].astype(np.int64)
    if raw.shape[-1] == 5:
        return score, np.zeros_like(score)
    label = raw[..., 5:].argmax(axis=-1)
    best = np.take_along_axis(raw, 5 + label[..., None], axis=-1)[..., 0]
    return (score * table[best.astype(np.int64) + 128]) >> 16, label
