"""A folder of tables, each a recording: one subfolder a class, or side by side."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluators.datasets.class_folders import Entries, files_below, list_classes, unwrapped, visible_folders
from evaluators.datasets.own_data.columns import INDEXES, LABELS, TIMES
from evaluators.datasets.own_data.file_labels import NAME_PART, labels_from_names, speakers
from evaluators.datasets.own_data.series import LabelledSeries, dataset_of, filled
from evaluators.datasets.own_data.table_files import as_numbers, load_table
from evaluators.datasets.own_data.table_rows import PIECES, STREAM_WINDOW
from evaluators.datasets.reading import Reading, ambiguous
from evaluators.datasets.samples import ClassificationData
from prototypenas.errors import DatasetError

TABLES = frozenset({".csv", ".tsv", ".parquet"})
PER_FILE = "class-per-file"


def is_table_folder(path: Path) -> bool:
    """Whether a folder holds several tables."""
    return path.is_dir() and len([None for _, _ in zip(range(2), files_below(path, TABLES), strict=False)]) == 2


def open_table_folder(path: Path, reading: Reading) -> ClassificationData:
    """Read each table as one recording, a row a time step and a column a channel; columns of time are left aside.

    Raises:
        DatasetError: if tables have other columns than the first, hold text, or their classes cannot be told.
    """
    inner = unwrapped(path, TABLES)
    name = path.resolve().name
    folders = [child for child in visible_folders(inner) if next(files_below(child, TABLES), None) is not None]
    if reading.layout == PER_FILE:
        return dataset_of(name, _by_file(sorted(files_below(path, TABLES)), reading), reading)
    if folders and not NAME_PART.fullmatch(reading.layout or ""):
        listing = list_classes(inner, TABLES, name, layout=reading.layout)
        entries = listing.train + listing.val + listing.test
        parts = ["train"] * len(listing.train) + ["val"] * len(listing.val) + ["test"] * len(listing.test)
        notes = ["a folder of tables by class", *listing.notes]
        return dataset_of(name, _by_entries(entries, parts if len(set(parts)) > 1 else None, notes, reading), reading)
    files = sorted(files_below(path, TABLES))
    if reading.layout is None:
        raise ambiguous(
            f"{path} with its {len(files)} tables",
            {
                f"--layout {PER_FILE}": f"each file is a class: {', '.join(file.stem for file in files[:4])}, ...",
                "--layout name-part-N": "the Nth part of a file's name, parted at _ - . and blanks, is its class",
                f"--data {files[0]}": "a single table",
            },
        )
    named = labels_from_names(path, files, reading)
    return dataset_of(name, _by_entries(named.entries, None, [named.note], reading), reading)


def _by_entries(
    entries: Entries, parts: Sequence[str] | None, notes: Sequence[str], reading: Reading
) -> LabelledSeries:
    signals, words = _signals([file for file, _ in entries], reading)
    groups, note = speakers(entries)
    return LabelledSeries(
        tuple(signals),
        tuple(label for _, label in entries),
        tuple(groups[file] for file, _ in entries) if groups else None,
        None if parts is None else tuple(parts),
        tuple(filter(None, (*notes, *words, note))),
    )


def _by_file(files: Sequence[Path], reading: Reading) -> LabelledSeries:
    """Part each file into consecutive pieces, so that a part of each class can be held out."""
    signals, words = _signals(files, reading)
    window = max(1, min(STREAM_WINDOW, min(len(signal) for signal in signals) // PIECES))
    pieces = [
        (piece, file.stem)
        for file, signal in zip(files, signals, strict=True)
        for piece in np.array_split(signal, PIECES)
        if len(piece) >= window
    ]
    series = LabelledSeries(tuple(piece for piece, _ in pieces), tuple(label for _, label in pieces))
    return replace(series, notes=("each file is a class", *words), window=window)


def _signals(files: Iterable[Path], reading: Reading) -> tuple[list[NDArray[np.float32]], list[str]]:
    signals: list[NDArray[np.float32]] = []
    columns: list[str] = []
    gaps = 0
    aside: list[str] = []
    for file in files:
        cells = load_table(file).cells
        unused = [name for name in cells.columns if _is_no_signal(name) or name in reading.ignored_columns]
        names = [name for name in cells.columns if name not in unused]
        if not names:
            raise DatasetError(f"{file} has no column of a signal beside {', '.join(unused)}")
        if columns and len(names) != len(columns):
            raise DatasetError(
                f"{file} has columns {', '.join(names[:6])}; the first table has {', '.join(columns[:6])}"
            )
        columns, aside = columns or names, aside or unused
        values = np.stack([as_numbers(cells[name], f"{file}, column {name}") for name in names], axis=1)
        signal, count = filled(values, str(file))
        signals.append(signal)
        gaps += count
    words = [f"columns {', '.join(columns[:6])}{', ...' if len(columns) > 6 else ''}"]
    words += [f"left aside: {', '.join(aside)}"] if aside else []
    return signals, words + ([f"{gaps} gaps filled by straight lines"] if gaps else [])


def _is_no_signal(name: str) -> bool:
    lower = name.lower()
    return lower in TIMES or lower in INDEXES or lower.startswith("unnamed") or (lower in LABELS and lower != "y")
