"""Folders with one subfolder a class, with or without parts such as `train` and `test` above or below the classes.

The names alone decide, in this order: pass through folders that only wrap the data; parts above the classes, where a
folder is named like a training part and itself holds folders; parts below the classes, where every class has them;
else every folder is a class. Invariant: a tree that two of these readings fit is refused with both, never guessed,
since a wrong guess would train on test data or learn "train" as a class without a word.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evaluators.datasets.reading import ambiguous, checked_layout
from prototypenas.errors import DatasetError

LAYOUTS = {"split": "folders train, val and test are parts", "classes": "every folder is a class"}

PART_WORDS = {
    "train": ("train", "training", "trainset"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing", "testset", "eval", "evaluation"),
}

Entries = list[tuple[Path, str]]
"""Files with the names of their classes."""


@dataclass(frozen=True)
class Listing:
    """The files of a data set: those of each part, or those of all."""

    classes: tuple[str, ...]
    """Alphabetical; every one has a file to train on."""
    train: Entries
    val: Entries = field(default_factory=list)
    test: Entries = field(default_factory=list)
    """Empty where the folders name no test part."""
    notes: tuple[str, ...] = ()
    """What was understood or left aside, in words."""


def list_classes(folder: Path, suffixes: frozenset[str], name: str, *, layout: str | None = None) -> Listing:
    """List `<class>/**/*` with one of the suffixes; hidden files and folders do not count.

    Parts are found by name in any case, above the classes (`train/cat/`) or below them (`cat/train/`); `seg_train` and
    `Training` are training parts too. A folder that only wraps the data is passed through. Training and validation
    without a test part make the validation part the test.

    Raises:
        DatasetError: if no class or a class without files is found, a part has a class that training lacks, or the
            folders can be read both as parts and as classes.
    """
    checked_layout(layout, LAYOUTS, f"{folder}, a folder of classes")
    inner = unwrapped(folder, suffixes)
    parts = {} if layout == "classes" else _parts(inner, suffixes, forced=layout == "split")
    if parts:
        return _from_parts(inner, parts, suffixes, name)
    below = None if layout == "classes" else _parts_below(inner, suffixes, name)
    if below is not None:
        return below
    if layout is None:
        _refuse_one_deeper(inner, suffixes)
    found = _classes_of(inner, suffixes, name)
    return Listing(_names(found), found)


def unwrapped(folder: Path, suffixes: frozenset[str]) -> Path:
    """Go down while a folder holds nothing but one folder whose own subfolders hold the files."""
    while True:
        inside = [child for child in visible_folders(folder) if holds(child, suffixes)]
        if len(inside) != 1 or _is_flat(inside[0], suffixes) or _direct(folder, suffixes):
            return folder
        folder = inside[0]


def visible_folders(folder: Path) -> list[Path]:
    """Return the subfolders that are not hidden, sorted by name; `__MACOSX` and the like count as hidden."""
    return sorted(child for child in folder.iterdir() if child.is_dir() and not child.name.startswith((".", "__")))


def holds(folder: Path, suffixes: frozenset[str]) -> bool:
    """Whether a file with one of the suffixes lies anywhere below."""
    return next(files_below(folder, suffixes), None) is not None


def files_below(folder: Path, suffixes: frozenset[str]) -> Iterator[Path]:
    """Return the files with one of the suffixes, without hidden ones."""
    for path in folder.rglob("*"):
        hidden = any(part.startswith((".", "__MACOSX")) for part in path.relative_to(folder).parts)
        if path.suffix.lower() in suffixes and not hidden and path.is_file():
            yield path


def part_of(name: str) -> str | None:
    """Return `train`, `val` or `test` where a name says so, as `Train`, `training_set` and `seg_test` do."""
    words = set(re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()))
    found = [part for part, known in PART_WORDS.items() if words & set(known)]
    return found[0] if len(found) == 1 else None


def _direct(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in suffixes and not path.name.startswith(".")
    )


def _is_flat(folder: Path, suffixes: frozenset[str]) -> bool:
    return not any(holds(child, suffixes) for child in visible_folders(folder))


def _has_classes(folder: Path, suffixes: frozenset[str]) -> bool:
    """Whether several subfolders hold files, and are not just the same parts once more."""
    # `train/train/cat` occurs in archives that were packed twice; `cat/train`, `cat/test` are no classes either.
    inside = [child.name for child in visible_folders(folder) if holds(child, suffixes)]
    return len(inside) > 1 and not all(map(part_of, inside))


def _parts(folder: Path, suffixes: frozenset[str], *, forced: bool) -> dict[str, Path]:
    """Return the folder of each part, or nothing where the folders are classes."""
    named: dict[str, list[Path]] = {}
    for child in visible_folders(folder):
        part = part_of(child.name)
        if part and (forced or holds(child, suffixes)):
            named.setdefault(part, []).append(child)
    others = [child.name for child in visible_folders(folder) if part_of(child.name) is None and holds(child, suffixes)]
    with_classes = {
        part: [place for place in places if not _is_flat(place, suffixes)] for part, places in named.items()
    }
    if forced and not with_classes.get("train"):
        raise DatasetError(f"{folder} has no folder train with class folders, which --layout split needs")
    if not forced:
        _refuse_both_ways(folder, named, with_classes, others, suffixes)
    if not with_classes.get("train"):
        return {}
    chosen = {}
    for part, places in named.items():
        fitting = with_classes[part] or places
        if len(fitting) > 1:
            names = ", ".join(place.name for place in fitting)
            raise DatasetError(f"{folder} has several folders for the part {part}: {names}; leave one there")
        chosen[part] = fitting[0]
    return chosen


def _refuse_both_ways(
    folder: Path,
    named: dict[str, list[Path]],
    with_classes: dict[str, list[Path]],
    others: Sequence[str],
    suffixes: frozenset[str],
) -> None:
    # Three trees have two readings: flat folders named like parts; parts beside folders that hold classes of their
    # own; and a test or validation part without a training part, which may as well be a class called "test".
    several = len(named) > 1
    names = ", ".join([place.name for places in named.values() for place in places] + list(others))
    as_classes = {"--layout classes": "each of these folders is a class"}
    if several and not any(with_classes.values()) and not others:
        in_names = {"--layout name-part-N": "they are parts, and the Nth part of a file's name is its class"}
        raise ambiguous(f"{folder}, whose folders {names} hold no class folders,", as_classes | in_names)
    nested_beside = bool(with_classes.get("train")) and any(_has_classes(folder / other, suffixes) for other in others)
    without_train = several and "train" not in named and any(with_classes.values())
    if nested_beside or without_train:
        as_parts = {"--layout split": "train, val and test are parts of one folder a class; others are left aside"}
        raise ambiguous(f"{folder} with its folders {names}", as_parts | as_classes)


def _refuse_one_deeper(folder: Path, suffixes: frozenset[str]) -> None:
    """Refuse a few folders of many folders, as `images/<class>/` beside `segmentations/<class>/`."""
    children = [child for child in visible_folders(folder) if holds(child, suffixes)]
    below = [[place for place in visible_folders(child) if holds(place, suffixes)] for child in children]
    direct = any(_direct(child, suffixes) for child in children)
    if len(children) < 2 or direct or len(children) >= min(map(len, below)):
        return
    names = ", ".join(child.name for child in children)
    inside = {f"--data {child}": f"its {len(b)} folders are classes" for child, b in zip(children, below, strict=True)}
    raise ambiguous(f"{folder}", inside | {"--layout classes": f"{names} are classes, of whatever is below them"})


def _from_parts(folder: Path, parts: dict[str, Path], suffixes: frozenset[str], name: str) -> Listing:
    found: dict[str, Entries] = {}
    notes = []
    for part, place in sorted(parts.items(), key=lambda item: item[0] != "train"):
        inner = unwrapped(place, suffixes)
        inside = [child.name for child in visible_folders(inner) if holds(child, suffixes)]
        # A single folder that is no class wraps unlabelled pictures, as in `test/unknown/`: nothing to test on.
        wrapped = part != "train" and len(inside) == 1 and inside[0] not in {label for _, label in found["train"]}
        if not inside or wrapped:
            notes.append(f"{place.name}/ has no class folders and was left aside")
        else:
            found[part] = _classes_of(inner, suffixes, name)
    aside = [child.name for child in visible_folders(folder) if child not in parts.values() and holds(child, suffixes)]
    if aside:
        notes.append(f"left aside: {', '.join(aside)}")
    return _checked(folder, found, notes)


def _parts_below(folder: Path, suffixes: frozenset[str], name: str) -> Listing | None:
    """Read `<class>/train/*` and `<class>/test/*`, where every class has such."""
    classes = [child for child in visible_folders(folder) if holds(child, suffixes)]
    found: dict[str, Entries] = {}
    for child in classes:
        below = visible_folders(child)
        parts = {part_of(place.name) for place in below if holds(place, suffixes)}
        if {"train", "test", None} <= parts:
            raise ambiguous(
                f"{folder}, whose folder {child.name} has train, test and others in it,",
                {f"--data {child}": "a data set of its own", "--layout classes": f"{child.name} is a class"},
            )
        if "train" not in parts or len(parts - {None}) < 2 or None in parts or _direct(child, suffixes):
            return None
        for place in below:
            part = part_of(place.name)
            if part:
                found.setdefault(part, []).extend((path, child.name) for path in sorted(files_below(place, suffixes)))
    return _checked(folder, found, []) if len(classes) > 1 else None


def _checked(folder: Path, found: dict[str, Entries], notes: list[str]) -> Listing:
    classes = _names(found["train"])
    for part, entries in found.items():
        unknown = sorted({label for _, label in entries} - set(classes))
        if unknown:
            raise DatasetError(f"part {part} of {folder} has classes that train lacks: {', '.join(unknown)}")
    if "test" not in found and "val" in found:
        notes.append("no test part was found: the validation part is what is tested on")
        found["test"] = found.pop("val")
    return Listing(classes, found["train"], found.get("val", []), found.get("test", []), tuple(notes))


def _classes_of(folder: Path, suffixes: frozenset[str], name: str) -> Entries:
    entries: Entries = []
    children = visible_folders(folder)
    for child in children:
        found = sorted(files_below(child, suffixes))
        if not found:
            raise DatasetError(
                f"class folder {child} of {name} has no file that ends in {', '.join(sorted(suffixes))}; "
                "fill it, or take it away"
            )
        entries += [(path, child.name) for path in found]
    if not children:
        raise DatasetError(f"{folder} has no class folders; expected {folder}/<class>/<file>")
    return entries


def _names(entries: Entries) -> tuple[str, ...]:
    return tuple(sorted({label for _, label in entries}))
