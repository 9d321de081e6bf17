"""DaLiAc: daily activities of 19 people, four body-worn sensor nodes, 204.8 Hz (Leutheuser et al. 2013)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluators.datasets.files import existing_folder, required_file
from evaluators.datasets.samples import ClassificationData
from evaluators.datasets.windows import Recording, windowed_data
from prototypenas.errors import DatasetError
from prototypenas.types import InputShape

HOMEPAGE = "https://www.mad.tf.fau.de/research/activitynet/daliac-daily-life-activities/"
SUBJECTS = 19
CHANNELS = 24
"""Wrist, chest, hip and ankle, each acceleration xyz and rotation xyz."""
ACTIVITIES = (
    "sitting",
    "lying",
    "standing",
    "washing dishes",
    "vacuuming",
    "sweeping",
    "walking",
    "ascending stairs",
    "descending stairs",
    "treadmill running",
    "bicycling 50 W",
    "bicycling 100 W",
    "rope jumping",
)


@dataclass(frozen=True)
class Daliac:
    """13 activities; `dataset_1.txt` to `dataset_19.txt`, one a subject, no official split."""

    test_subjects: tuple[int, ...] = (16, 17, 18, 19)
    """A fifth of the subjects; the last, as in published fixed splits."""
    description: str = f"DaLiAc, 24 body-worn channels at 204.8 Hz, 13 activities, split by subject; {HOMEPAGE}"
    classes: int = 13
    input_shape: InputShape = (CHANNELS, 1024)
    """1,024 samples are 5 s."""
    needs_files: bool = True

    def load(
        self, data_dir: Path | None, *, download: bool = False, input_shape: InputShape | None = None
    ) -> ClassificationData:
        """Read all 19 files; rows with other labels than 1 to 13 part the recordings and are left out.

        Raises:
            DatasetError: if a file is missing, truncated or has other than 25 columns.
        """
        if download:
            raise DatasetError(f"DaLiAc publishes no checksum, so it is not downloaded; get it from {HOMEPAGE}")
        folder = existing_folder(data_dir, "daliac", homepage=HOMEPAGE)
        shape = input_shape or self.input_shape
        recordings = (
            recording
            for subject in range(1, SUBJECTS + 1)
            for recording in _stretches(folder / f"dataset_{subject}.txt", str(subject), shape[-1])
        )
        return windowed_data(
            "daliac",
            ACTIVITIES,
            recordings,
            input_shape=shape,
            test_groups=frozenset(map(str, self.test_subjects)),
            split=f"by subject; held out: {', '.join(map(str, self.test_subjects))}",
        )


def _stretches(path: Path, subject: str, window: int) -> Iterator[Recording]:
    """Return each stretch of one activity that is at least a window long."""
    table = _table(path)
    labels = table[:, CHANNELS].astype(np.int64)
    borders = [0, *(np.flatnonzero(np.diff(labels)) + 1), len(labels)]
    for start, end in pairwise(borders):
        if 1 <= labels[start] <= len(ACTIVITIES) and end - start >= window:
            signal = table[start:end, :CHANNELS].astype(np.float32)
            yield Recording(signal, int(labels[start]) - 1, subject, f"{path.name}, rows {start + 1} to {end}")


def _table(path: Path) -> NDArray[np.float64]:
    required_file(path, "DaLiAc", HOMEPAGE)
    try:
        table = pd.read_csv(path, header=None, dtype=np.float64).to_numpy()
    except (ValueError, pd.errors.ParserError) as error:
        raise DatasetError(f"{path} of DaLiAc is no table of numbers: {error}") from error
    if table.shape[1] != CHANNELS + 1:
        raise DatasetError(f"{path} of DaLiAc has {table.shape[1]} columns, not 24 signals and a label")
    if np.isnan(table).any():
        row = int(np.flatnonzero(np.isnan(table).any(axis=1))[0]) + 1
        raise DatasetError(f"{path} of DaLiAc is cut off or has a gap in row {row}; get it again from {HOMEPAGE}")
    missing = sorted(set(range(1, len(ACTIVITIES) + 1)) - set(table[:, CHANNELS].astype(np.int64)))
    if missing:
        raise DatasetError(f"{path} of DaLiAc has no row of activity {missing[0]}: it is truncated or mislabelled")
    return table
