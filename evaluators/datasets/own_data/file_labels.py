"""Classes and speakers of files that lie side by side: from a table that names them, or from parts of their names."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evaluators.datasets.class_folders import Entries, part_of
from evaluators.datasets.own_data.table_files import as_names, load_table
from evaluators.datasets.reading import Reading, ambiguous
from prototypenas.errors import DatasetError

LABELS = ("label", "category", "class_name", "classname", "class", "classid", "target", "emotion")
"""Columns that hold a file's class; the first that is there, for words are better than their numbers."""
GROUPS = ("speaker", "speaker_id", "subject", "person", "user", "fold")
SPLITS = ("split", "set", "part", "subset")
TABLES = frozenset({".csv", ".tsv"})
KNOWN_SHARE = 0.9
"""Least share of a table's rows that have to name a file."""
LEAST_NAMED = 10
"""Fewer rows that happen to fit are no list of files."""
NAME_PART = re.compile(r"name-part-(\d+)")
MOST_CLASSES = 100


@dataclass(frozen=True)
class FileLabels:
    """What is known of files by their paths."""

    entries: Entries
    groups: dict[Path, str]
    parts: dict[Path, str]
    note: str


def labels_from_table(folder: Path, files: Sequence[Path], reading: Reading) -> FileLabels | None:
    """Read the table below the folder that names most of the files; `None` where there is none.

    Raises:
        DatasetError: if a table names the files but no column is their class.
    """
    known = {path.name: path for path in files} | {path.stem: path for path in files}
    if len({path.name for path in files}) < len(files):
        return None
    best: tuple[Path, pd.DataFrame, list[Path | None]] | None = None
    most = LEAST_NAMED - 1
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in TABLES):
        if "submission" in path.stem.lower():
            continue  # a competition's form to fill in: its classes are made up
        try:
            cells = load_table(path, as_text=True).cells
        except DatasetError:
            continue  # some other text, which is not asked for
        for column in cells.columns:
            rows = [known.get(Path(str(value).strip()).name) for value in cells[column]]
            named = sum(row is not None for row in rows)
            if named > most and named >= KNOWN_SHARE * len(rows):
                best, most = (path, cells, rows), named
    return None if best is None else _from_table(*best, reading)


def _from_table(table: Path, cells: pd.DataFrame, files: Sequence[Path | None], reading: Reading) -> FileLabels:
    lower = {name.lower(): name for name in cells.columns}

    def column(asked: str | None, names: Sequence[str]) -> list[str] | None:
        name = asked or next((lower[name] for name in names if name in lower), None)
        if name is not None and name not in cells.columns:
            raise DatasetError(f"{table} has no column {name!r}; it has {', '.join(cells.columns)}")
        return None if name is None else as_names(cells[name], f"{table}, column {name}")

    labels = column(reading.label_column, LABELS)
    groups, splits = column(reading.group_column, GROUPS), column(None, SPLITS)
    if labels is None:
        raise DatasetError(
            f"{table} names the files; which of its columns {', '.join(cells.columns)} is their class? "
            "--label-column NAME"
        )
    places = {path: place for place, path in enumerate(files) if path is not None}
    return FileLabels(
        [(path, labels[place]) for path, place in places.items()],
        {path: groups[place] for path, place in places.items()} if groups else {},
        {path: part_of(splits[place]) or "train" for path, place in places.items()} if splits else {},
        f"classes from {table.name}" + (", whose groups stay together" if groups else ""),
    )


def labels_from_names(folder: Path, files: Sequence[Path], reading: Reading) -> FileLabels:
    """Take the part of each file's name that `--layout name-part-N` says as its class.

    Raises:
        DatasetError: without that option, offering the parts that could be classes.
    """
    parts = name_parts(files)
    chosen = NAME_PART.fullmatch(reading.layout or "")
    if chosen and parts and 1 <= int(chosen[1]) <= len(parts[0]):
        place = int(chosen[1]) - 1
        entries = [(path, found[place]) for path, found in zip(files, parts, strict=True)]
        folders = {path: part for path in files if (part := part_of(path.parent.name)) is not None}
        known = folders if set(folders.values()) > {"train"} else {}
        return FileLabels(entries, {}, known, f"classes from part {place + 1} of the file names")
    offers = {}
    for place in range(len(parts[0]) if parts else 0):
        counts = Counter(found[place] for found in parts)
        if 2 <= len(counts) <= min(MOST_CLASSES, len(files) // 2):
            offers[f"--layout name-part-{place + 1}"] = f"classes {', '.join(sorted(counts)[:4])}, ..."
    if offers:
        raise ambiguous(f"{folder}, whose files lie side by side,", offers)
    raise DatasetError(
        f"{folder} holds files side by side that nothing gives a class; put them into one folder a class, "
        "or add a table with a column for their names and one for their classes"
    )


def speakers(entries: Entries) -> tuple[dict[Path, str], str]:
    """Find the speaker of each file in its name, where names tell; also say which part that is.

    A part that is the same for several files of a class, appears in most classes and is no number names a speaker;
    so does what stands before `_nohash_`.
    """
    paths = [path for path, _ in entries]
    if paths and all("_nohash_" in path.stem for path in paths):
        return {path: path.stem.partition("_nohash_")[0] for path in paths}, "speakers: file names before _nohash_"
    parts = name_parts(paths)
    classes = len({label for _, label in entries})
    for place in range(len(parts[0]) if parts else 0):
        values = [found[place] for found in parts]
        seen: dict[str, set[str]] = defaultdict(set)
        for value, (_, label) in zip(values, entries, strict=True):
            seen[value].add(label)
        pairs = sum(map(len, seen.values()))
        often = len(seen) >= 2 and 2 * pairs > classes * len(seen) and 2 * pairs <= len(paths)
        if often and all(re.search("[A-Za-z]", value) for value in seen):
            return dict(zip(paths, values, strict=True)), f"speakers: part {place + 1} of the file names"
    return {}, ""


def in_class_folders(entries: Entries) -> bool:
    """Whether most files lie in a folder of their class's name, which then says as much as a table."""
    return sum(path.parent.name.lower() == label.lower() for path, label in entries) > len(entries) // 2


def name_parts(files: Sequence[Path]) -> list[list[str]]:
    """Part the names of files at `_`, `-`, `.` and blanks; nothing where they have different numbers of parts."""
    parts = [re.split(r"[_\-. ]+", path.stem) for path in files]
    return parts if len({len(found) for found in parts}) == 1 else []
