"""A detector's head as the numbers of its C: score tables, anchors, levels, and what they cost."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prototypenas.costing.detection_cost import CANDIDATE_BYTES, detection_code_bytes, detection_table_bytes
from prototypenas.detection.decode import Decoder, DetectorSettings, anchor_sixteenths


@dataclass(frozen=True)
class TableLevel:
    """One level as the C loops over it."""

    height: int
    width: int
    stride: int
    anchors: int


@dataclass(frozen=True, eq=False)
class DetectionTables:
    """What `detection.c` and `detection.h` are written from."""

    settings: DetectorSettings
    classes: tuple[str, ...]
    channels: int
    """Of one anchor in one cell."""
    boxes: int
    tables: tuple[NDArray[np.uint16], ...]
    anchors: tuple[tuple[int, int], ...]
    """In sixteenths of a pixel, all levels' one after the other."""
    levels: tuple[TableLevel, ...]
    code_bytes: int
    record_bytes: int = CANDIDATE_BYTES

    @property
    def table_bytes(self) -> int:
        """ROM of the constants."""
        return detection_table_bytes(len(self.levels), len(self.anchors))

    @property
    def ram_bytes(self) -> int:
        """RAM of the candidates."""
        return self.record_bytes * self.settings.candidates


def detection_tables(decoder: Decoder, settings: DetectorSettings, core: str) -> DetectionTables:
    """Number a head; the settings ask for no more candidates than it has boxes.

    Raises:
        ConfigurationError: for a core whose code was not measured.
    """
    head = decoder.head
    levels = tuple(
        TableLevel(*size, level.stride, len(level.anchors)) for level, size in zip(head.levels, head.maps, strict=True)
    )
    anchors = tuple((int(width), int(height)) for level in head.levels for width, height in anchor_sixteenths(level))
    return DetectionTables(
        settings.within(head),
        head.classes,
        head.channels_per_anchor,
        head.boxes,
        tuple(decoder.tables),
        anchors,
        levels,
        detection_code_bytes(core),
    )
