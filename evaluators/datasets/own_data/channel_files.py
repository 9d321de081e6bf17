"""Text files of one channel each, a row a window, in folders `train` and `test`: the form of UCI HAR."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluators.datasets.class_folders import part_of, visible_folders
from evaluators.datasets.own_data.series import LabelledSeries, dataset_of
from evaluators.datasets.own_data.table_files import load_table
from evaluators.datasets.reading import Reading
from evaluators.datasets.samples import ClassificationData
from prototypenas.errors import DatasetError

NAMES = "activity_labels.txt"
"""Numbers of the classes and their names, where they are given."""


@dataclass(frozen=True)
class _Part:
    """The files of one part."""

    name: str
    labels: Path
    subjects: Path | None
    channels: tuple[Path, ...]

    def stems(self) -> tuple[str, ...]:
        """Return the channels' names, without the part at their end."""
        return tuple(path.stem.removesuffix(f"_{self.labels.stem.removeprefix('y_')}") for path in self.channels)


def is_channel_folder(path: Path) -> bool:
    """Whether a folder has parts with `y_<part>.txt` and a folder of files `*_<part>.txt`."""
    return path.is_dir() and len(_parts(path)) > 1


def open_channel_files(path: Path, reading: Reading) -> ClassificationData:
    """Read each file of a part as a channel, each of its rows as a window, the parts as they are.

    Raises:
        DatasetError: if files of a part differ in rows or columns, or the parts in channels.
    """
    parts = _parts(path)
    if len({part.stems() for part in parts}) > 1:
        raise DatasetError(f"the parts {', '.join(part.name for part in parts)} of {path} have different channels")
    names = _class_names(path)
    signals: list[NDArray[np.float32]] = []
    labels: list[str] = []
    groups: list[str] = []
    for part in parts:
        windows = _windows(part)
        signals += list(windows)
        labels += [names.get(label, label) for label in _words(part.labels, len(windows))]
        groups += [] if part.subjects is None else _words(part.subjects, len(windows))
    owners = [part.name for part in parts for _ in _words(part.labels, None)]
    stems = parts[0].stems()
    note = f"a text file a channel, a row a window: {', '.join(stems[:6])}{', ...' if len(stems) > 6 else ''}"
    series = LabelledSeries(
        tuple(signals), tuple(labels), tuple(groups) if len(groups) == len(labels) else None, tuple(owners), (note,)
    )
    return dataset_of(path.resolve().name, series, reading)


def _parts(path: Path) -> list[_Part]:
    found = []
    for folder in visible_folders(path):
        part = part_of(folder.name)
        labels = folder / f"y_{folder.name}.txt"
        below = sorted(folder.glob(f"*/*_{folder.name}.txt"))
        if part is not None and labels.is_file() and below:
            subjects = folder / f"subject_{folder.name}.txt"
            found.append(_Part(part, labels, subjects if subjects.is_file() else None, tuple(below)))
    return sorted(found, key=lambda part: part.name != "train")


def _windows(part: _Part) -> NDArray[np.float32]:
    """Return `(windows, steps, channels)`."""
    channels = [_numbers(path) for path in part.channels]
    for path, channel in zip(part.channels, channels, strict=True):
        if channel.shape != channels[0].shape:
            raise DatasetError(f"{path} has {channel.shape} rows and columns, {part.channels[0]} {channels[0].shape}")
        if not np.isfinite(channel).all():
            raise DatasetError(f"{path}, row {int(np.flatnonzero(~np.isfinite(channel).all(axis=1))[0]) + 1} has a gap")
    return np.stack(channels, axis=2)


def _numbers(path: Path) -> NDArray[np.float32]:
    try:
        return np.loadtxt(path, dtype=np.float32, ndmin=2)
    except ValueError as error:
        raise DatasetError(f"{path} is no table of numbers: {error}") from error


def _words(path: Path, count: int | None) -> list[str]:
    words = path.read_text(errors="replace").split()
    if count is not None and len(words) != count:
        raise DatasetError(f"{path} has {len(words)} entries for {count} windows")
    return words


def _class_names(path: Path) -> dict[str, str]:
    file = path / NAMES
    if not file.is_file():
        return {}
    cells = load_table(file, as_text=True).cells
    return dict(zip(cells.iloc[:, 0], cells.iloc[:, 1], strict=True)) if cells.shape[1] == 2 else {}
