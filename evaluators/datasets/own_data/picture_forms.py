"""Pictures in files: by class folder, by a table that names them, or by a part of their names."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

from evaluators.datasets.class_folders import (
    LAYOUTS,
    Entries,
    Listing,
    files_below,
    holds,
    list_classes,
    part_of,
    unwrapped,
    visible_folders,
)
from evaluators.datasets.own_data.file_labels import (
    NAME_PART,
    FileLabels,
    in_class_folders,
    labels_from_names,
    labels_from_table,
)
from evaluators.datasets.own_data.labels import in_order
from evaluators.datasets.picture_folder import load_pictures
from evaluators.datasets.pictures import PICTURE_SUFFIXES
from evaluators.datasets.reading import Reading
from evaluators.datasets.samples import ClassificationData
from prototypenas.types import InputShape

DEFAULT_PICTURE: InputShape = (3, 128, 128)
ALL_BUT_FEW = 0.9
"""Share of the pictures that a table names to be taken for the list of all."""
LEAST_FLAT = 10
"""Fewer pictures beside other files illustrate them."""


def is_picture_folder(path: Path) -> bool:
    """Whether a folder has a subfolder with pictures, or pictures side by side."""
    if not path.is_dir():
        return False
    if any(holds(child, PICTURE_SUFFIXES) for child in visible_folders(path)):
        return True
    return len(list(islice(files_below(path, PICTURE_SUFFIXES), LEAST_FLAT))) == LEAST_FLAT


def open_picture_folder(path: Path, reading: Reading) -> ClassificationData:
    """Read pictures at the shape asked for, or at 3x128x128.

    Raises:
        DatasetError: if the classes cannot be told or can be told in several ways, or a file is no picture.
    """
    name = path.resolve().name
    return load_pictures(_listing(path, name, reading), name=name, input_shape=reading.input_shape or DEFAULT_PICTURE)


def _listing(path: Path, name: str, reading: Reading) -> Listing:
    inner = unwrapped(path, PICTURE_SUFFIXES)
    folders = [child for child in visible_folders(inner) if holds(child, PICTURE_SUFFIXES)]
    if reading.layout in LAYOUTS:
        return list_classes(inner, PICTURE_SUFFIXES, name, layout=reading.layout)
    files = sorted(files_below(path, PICTURE_SUFFIXES))
    if NAME_PART.fullmatch(reading.layout or ""):
        return _labelled(labels_from_names(path, files, reading))
    by_table = labels_from_table(path, files, reading) if reading.layout is None else None
    if by_table is not None and not in_class_folders(by_table.entries):
        # A table of the test pictures alone says nothing of those that lie in folders by class.
        parts_without_classes = all(part_of(child.name) and not _has_class_folders(child) for child in folders)
        if parts_without_classes or len(by_table.entries) >= ALL_BUT_FEW * len(files):
            return _labelled(by_table)
    if not folders or (len(folders) == 1 and not _has_class_folders(folders[0])):
        return _labelled(labels_from_names(path, files, reading))
    return _tested_by_table(list_classes(inner, PICTURE_SUFFIXES, name), path, inner, reading)


def _tested_by_table(listing: Listing, path: Path, inner: Path, reading: Reading) -> Listing:
    """Add test pictures that lie without class folders, where a table names their classes (GTSRB).

    Classes may be told by their numbers, `7` for a folder `00007`.
    """
    places = [child for child in visible_folders(inner) if part_of(child.name) == "test"]
    if listing.test or len(places) != 1:
        return listing
    found = labels_from_table(path, sorted(files_below(places[0], PICTURE_SUFFIXES)), reading)
    if found is None:
        return listing
    names = {_short(name): name for name in listing.classes} | {name: name for name in listing.classes}
    test = [(file, names.get(label, names.get(_short(label)))) for file, label in found.entries]
    known = [(file, label) for file, label in test if label is not None]
    if len(known) < len(test):
        return listing
    notes = (note for note in listing.notes if not note.startswith(f"{places[0].name}/"))
    return replace(listing, test=known, notes=(*notes, f"{found.note} for {places[0].name}"))


def _short(word: str) -> str:
    return word.lstrip("0") or "0"


def _has_class_folders(folder: Path) -> bool:
    return any(holds(child, PICTURE_SUFFIXES) for child in visible_folders(folder))


def _labelled(found: FileLabels) -> Listing:
    parts: dict[str, Entries] = {"train": [], "val": [], "test": []}
    for path, label in found.entries:
        parts[found.parts.get(path, "train")].append((path, label))
    classes = in_order([label for _, label in found.entries])
    return Listing(classes, parts["train"], parts["val"], parts["test"], (found.note,))
