"""MAFAULDA: faults of a rotating machine, eight channels, 50 kHz (UFRJ)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluators.datasets.files import existing_folder, required_file
from evaluators.datasets.prepared_windows import prepared_windows
from evaluators.datasets.samples import ClassificationData
from evaluators.datasets.splits import stratified_split
from evaluators.datasets.windows import Recording, windowed_data
from prototypenas.errors import ConfigurationError, DatasetError
from prototypenas.types import InputShape

HOMEPAGE = "https://www02.smt.ufrj.br/~offshore/mfs/page_01.html"
CHANNELS = 8
"""Tachometer, underhang bearing xyz, overhang bearing xyz, microphone."""
ROWS = 250_000
"""Five seconds."""
SPLIT_SEED = 20

CONDITIONS: tuple[tuple[str, str, int], ...] = (
    ("normal", "normal", 49),
    ("horizontal-misalignment", "horizontal-misalignment", 197),
    ("vertical-misalignment", "vertical-misalignment", 301),
    ("imbalance", "imbalance", 333),
    ("underhang cage fault", "underhang/cage_fault", 188),
    ("underhang outer race", "underhang/outer_race", 184),
    ("underhang ball fault", "underhang/ball_fault", 186),
    ("overhang cage fault", "overhang/cage_fault", 188),
    ("overhang outer race", "overhang/outer_race", 188),
    ("overhang ball fault", "overhang/ball_fault", 137),
)
"""Name, folder and number of recordings: 1,951 in all."""


@dataclass(frozen=True)
class Mafaulda:
    """1,951 recordings, one CSV each; no official split."""

    classes: int = 6
    """6 machine states as the publisher speaks of, or 10 with the bearing faults told apart."""
    windows_per_recording: int = 16
    """Spread evenly over the five seconds; all of them would take 16 GB."""
    conditions: tuple[tuple[str, str, int], ...] = CONDITIONS
    rows: int = ROWS
    input_shape: InputShape = (CHANNELS, 2048)
    """2,048 samples are 41 ms: at least half a turn of the slowest rotation, 737 a minute."""
    needs_files: bool = True

    def __post_init__(self) -> None:
        if self.classes not in (6, 10):
            raise ConfigurationError(f"MAFAULDA has 6 or 10 classes, not {self.classes}")

    @property
    def description(self) -> str:
        """One line."""
        return f"MAFAULDA, rotating machine faults, 8 channels at 50 kHz, {self.classes} classes; {HOMEPAGE}"

    def load(
        self, data_dir: Path | None, *, download: bool = False, input_shape: InputShape | None = None
    ) -> ClassificationData:
        """Read `<condition>/**/<rotation>.csv`; a fifth of each condition's recordings is held out.

        The windows are kept beside the recordings, 2 GB for 13 GB of text; the next run needs no reading.

        Raises:
            DatasetError: if a condition lacks recordings, or one has other than 250,000 rows of 8 numbers.
        """
        if download:
            raise DatasetError(f"MAFAULDA publishes no checksum, so it is not downloaded; get it from {HOMEPAGE}")
        root = existing_folder(data_dir, "mafaulda", homepage=HOMEPAGE)
        listed = [entry for number in range(len(self.conditions)) for entry in self._listed(root, number)]
        numbers = np.asarray([number for number, _ in listed], dtype=np.int64)
        _, held = stratified_split(numbers, 0.2, seed=SPLIT_SEED)
        names = [condition[0] if self.classes == 10 else condition[1].split("/")[0] for condition in self.conditions]
        classes = list(dict.fromkeys(names))
        shape = input_shape or self.input_shape
        return windowed_data(
            "mafaulda",
            classes,
            self._recordings(root, listed, [classes.index(name) for name in names], length=shape[-1]),
            input_shape=shape,
            test_groups=frozenset(listed[place][1].relative_to(root).as_posix() for place in held),
            split="by recording, 80/20 within each condition, fixed seed",
        )

    def _listed(self, root: Path, number: int) -> list[tuple[int, Path]]:
        name, place, expected = self.conditions[number]
        paths = sorted((root / place).rglob("*.csv"))
        if len(paths) != expected:
            raise DatasetError(
                f"{root / place} has {len(paths)} recordings of {name}, the complete set has {expected}; "
                f"get it from {HOMEPAGE}"
            )
        return [(number, path) for path in paths]

    def _recordings(
        self, root: Path, listed: Sequence[tuple[int, Path]], labels: Sequence[int], *, length: int
    ) -> Iterator[Recording]:
        """Return every window as a recording of its own, grouped by its file."""
        for _, path in listed:
            required_file(path, "MAFAULDA", HOMEPAGE)
        prepared = prepared_windows(
            root,
            [path for _, path in listed],
            name=f"mafaulda-{self.windows_per_recording}-of-{self.rows}",
            shape=(self.windows_per_recording, length, CHANNELS),
            read=lambda path: self._windows(path, length),
        )
        for (number, path), windows in zip(listed, prepared, strict=True):
            source = path.relative_to(root).as_posix()
            for window in windows:
                yield Recording(window, labels[number], source, source)

    def _windows(self, path: Path, length: int) -> NDArray[np.float32]:
        """Cut `(windows, length, channels)` out of one recording, spread evenly."""
        signal = self._signal(path)
        if length > len(signal):
            raise DatasetError(f"{path} has {len(signal)} samples, shorter than a window of {length}")
        starts = np.linspace(0, len(signal) - length, self.windows_per_recording).astype(int)
        return np.stack([signal[start : start + length] for start in starts])

    def _signal(self, path: Path) -> NDArray[np.float32]:
        try:
            signal = pd.read_csv(path, header=None, dtype=np.float32).to_numpy()
        except (ValueError, pd.errors.ParserError) as error:
            raise DatasetError(f"{path} of MAFAULDA is no table of numbers: {error}") from error
        if signal.shape != (self.rows, CHANNELS) or np.isnan(signal).any():
            raise DatasetError(
                f"{path} of MAFAULDA is {signal.shape[0]} x {signal.shape[1]} or has gaps; "
                f"a whole recording is {self.rows} x {CHANNELS}; get it again from {HOMEPAGE}"
            )
        return signal
