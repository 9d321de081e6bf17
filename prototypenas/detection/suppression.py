"""Non-maximum suppression on integer boxes, the same in every bit as `detection.c` of the C project."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from prototypenas.detection.decode import RECORD, Decoder, DetectorSettings, Records


def detect(decoder: Decoder, outputs: Sequence[NDArray[np.int8]], settings: DetectorSettings) -> Records:
    """Return what `model_detect` finds in one picture's raw outputs, maps `(H, W, channels)`: the strongest first."""
    return suppressed(decoder.decode(outputs, settings), settings)


def record_bytes(
    decoder: Decoder, maps: Mapping[str, NDArray[np.int8]], settings: DetectorSettings
) -> NDArray[np.int8]:
    """Return the records of each picture as the C's example writes them, zeros after the last: `(N, bytes)`.

    `maps` are the outputs `(N, H, W, channels)` of a quantized network by level.
    """
    within = settings.within(decoder.head)
    levels = list(maps.values())
    rows = np.zeros((len(levels[0]), within.most), RECORD)
    for place in range(len(rows)):
        found = detect(decoder, [level[place] for level in levels], within)
        rows[place, : len(found)] = found
    return rows.view(np.int8).reshape(len(rows), -1)


def suppressed(candidates: Records, settings: DetectorSettings) -> Records:
    """Keep the strongest boxes of each class that do not overlap a kept one; `candidates` come strongest first."""
    corners = np.stack([candidates[name].astype(np.int64) for name in ("x1", "y1", "x2", "y2")], axis=1)
    areas = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    alive = np.ones(len(candidates), bool)
    kept: list[int] = []
    for place in range(len(candidates)):
        if len(kept) == settings.most:
            break
        if not alive[place]:
            continue
        kept.append(place)
        low = np.maximum(corners[place, :2], corners[:, :2])
        high = np.minimum(corners[place, 2:], corners[:, 2:])
        shared = np.maximum(0, high - low).prod(axis=1)
        union = areas[place] + areas - shared
        rival = candidates["label"] == candidates["label"][place]
        alive &= ~(rival & (100 * shared > settings.overlap_percent * union))
    return candidates[kept]
