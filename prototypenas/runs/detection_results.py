"""What a detector found in some test pictures, and how precise it is, as its folder keeps it for the report."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.atomic_files import written_whole

DETECTIONS = "detections.npz"
RECALLS = np.linspace(0, 1, 101)
"""Where the curves are read."""


@dataclass(frozen=True, eq=False)
class DetectionResults:
    """Boxes are rows of picture, class, score (1 for the truth) and corners in input pixels."""

    pictures: NDArray[np.uint8]
    """`(N, C, H, W)`: the best, the middling and the worst of the test part, as many of each."""
    truth: NDArray[np.float32]
    """`(K, 7)`."""
    found: NDArray[np.float32]
    """`(K, 7)`, by the int8 model above the deployed threshold."""
    float_precision: NDArray[np.float64]
    """`(101,)`: precision of the trained network at each of `RECALLS`, the mean over classes."""
    int8_precision: NDArray[np.float64]
    """The same of the int8 model."""


def write_detections(results: DetectionResults, folder: Path) -> None:
    """Write `detections.npz`, whole or not at all.

    Raises:
        RunDirectoryError: if it cannot be written.
    """
    with written_whole(folder / DETECTIONS) as stream:
        np.savez_compressed(
            stream,
            pictures=results.pictures,
            truth=results.truth,
            found=results.found,
            float_precision=results.float_precision,
            int8_precision=results.int8_precision,
        )


def read_detections(folder: Path) -> DetectionResults | None:
    """Read `detections.npz` back; `None` where there is none.

    Raises:
        RunDirectoryError: if it is damaged.
    """
    path = folder / DETECTIONS
    if not path.exists():
        return None
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            names = ("pictures", "truth", "found", "float_precision", "int8_precision")
            return DetectionResults(*(kept[name] for name in names))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise RunDirectoryError(f"{path} is damaged ({error}); remove it to report without the pictures") from error
