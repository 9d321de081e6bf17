"""YOLO's form of a detection set: `data.yaml`, pictures under `images`, and a text file of boxes for each.

Tools that label pictures write the names of the classes into `classes.txt` instead, one a line.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from evaluators.datasets.box_annotations import (
    AnnotatedPicture,
    AnnotatedSet,
    Annotation,
    check_names,
    checked_box,
    slashed,
)
from evaluators.datasets.pictures import PICTURE_SUFFIXES
from prototypenas.errors import DatasetError

SLACK = 1e-3
"""How far a share may lie outside 0 to 1."""
PART_FOLDERS: Mapping[str, tuple[str, ...]] = {"train": ("train",), "val": ("val", "valid"), "test": ("test",)}
"""Names of the parts' folders where no `data.yaml` names them."""
NAME_FILES = ("classes.txt", "labels/classes.txt", "obj.names")
YAML = (".yaml", ".yml")


@dataclass(frozen=True)
class YoloFolder:
    """A folder with a `data.yaml`, as ultralytics, Roboflow, CVAT and others write it, or with names of classes."""

    file: Path

    @property
    def root(self) -> Path:
        """The folder of pictures and labels."""
        return self.file.parent.parent if self.file.parent.name == "labels" else self.file.parent

    def read(self, name: str) -> AnnotatedSet:
        """Read the parts that the file names, and the boxes of each picture; none where it has no text file.

        Raises:
            DatasetError: for a file or line that is wrong, with its place.
        """
        content = self._content()
        classes = _names(content, self.file)
        parts: dict[str, list[AnnotatedPicture]] = {}
        notes = []
        for part in PART_FOLDERS:
            if not content.get(part):
                continue
            listed = self._listed(content, part)
            if listed is None:
                notes.append(f"{self.file.name} names {part} as {content[part]}, which is not there and is left out")
                continue
            parts[part] = [self._picture(path, classes) for path in listed]
            _check_stems([one.path for one in parts[part]], self.file)
            check_names(parts[part], name)
        if not parts:
            raise DatasetError(f"{self.file} names no part; train and val are needed")
        return AnnotatedSet(name, tuple(classes), parts, tuple(notes))

    def _content(self) -> dict[str, Any]:
        if self.file.suffix.lower() not in YAML:
            names = [line.strip() for line in _text(self.file).splitlines() if line.strip()]
            return {"names": names, **_usual_parts(self.root)}
        try:
            content = yaml.safe_load(_text(self.file))
        except yaml.YAMLError as error:
            raise DatasetError(f"{self.file} is no readable YAML file: {error}") from error
        if not isinstance(content, dict):
            raise DatasetError(f"{self.file} is no mapping; train, val and names are needed")
        return content

    def _listed(self, content: dict[str, Any], part: str) -> list[Path] | None:
        """Give a part's pictures; `None` where nothing of it was exported, as tools often leave it but for training."""
        entries = content[part] if isinstance(content[part], list) else [content[part]]
        places = [self._place(content, str(entry)) for entry in entries]
        if part != "train" and not any(places):
            return None
        for entry, place in zip(entries, places, strict=True):
            if place is None:
                raise DatasetError(f"{self.file}: {part} is {entry}, which does not exist")
        found = [picture for place in places if place is not None for picture in _pictures_at(place)]
        if not found:
            raise DatasetError(f"{self.file}: {part} is {content[part]}, which has no pictures")
        return sorted(found)

    def _place(self, content: dict[str, Any], entry: str) -> Path | None:
        """Resolve against `path`, the file's folder, and, as exports are often one level off, without leading dots."""
        root = self.root
        base = root / slashed(content.get("path") or "")
        bare = entry = slashed(entry)
        while bare.startswith("../"):
            bare = bare.removeprefix("../")
        for place in (base / entry, root / entry, base / bare, root / bare):
            if place.exists():
                return place
        return None

    def _picture(self, path: Path, classes: Sequence[str]) -> AnnotatedPicture:
        labels = label_file(path)
        annotations = tuple(_lines(labels, classes)) if labels.is_file() else ()
        root = self.root.resolve()
        resolved = path.resolve()
        name = str(resolved.relative_to(root)) if resolved.is_relative_to(root) else str(resolved)
        return AnnotatedPicture(path, name, annotations)


def label_file(picture: Path) -> Path:
    """Give the text file of a picture: under `labels` where the picture is under `images`, else beside it."""
    parts = list(picture.parts)
    for place in range(len(parts) - 2, -1, -1):
        if parts[place] == "images":
            parts[place] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def data_file(folder: Path) -> Path | None:
    """Give the folder's `data.yaml`, its only YAML file that has names, or the names of classes beside `labels`."""
    for name in ("data.yaml", "data.yml", "dataset.yaml"):
        if (folder / name).is_file():
            return folder / name
    others = sorted(path for suffix in YAML for path in folder.glob(f"*{suffix}"))
    if len(others) == 1 and "names" in _text(others[0]):
        return others[0]
    named = [folder / name for name in NAME_FILES if (folder / name).is_file()]
    labels = any(path.is_dir() for pattern in ("labels", "*/labels") for path in folder.glob(pattern))
    return named[0] if named and labels else None


def _usual_parts(root: Path) -> dict[str, str]:
    """Find the parts' folders by their names; all pictures are training where there are none."""
    found = {
        part: place
        for part, words in PART_FOLDERS.items()
        for word in words
        for place in (f"images/{word}", f"{word}/images")
        if (root / place).is_dir()
    }
    return found or {"train": "images"}


def _pictures_at(place: Path) -> list[Path]:
    """Give the pictures of a folder, or those that a text file lists, a line each."""
    if place.is_dir():
        return [one for one in place.rglob("*") if one.suffix.lower() in PICTURE_SUFFIXES]
    return [_resolved(slashed(line.strip()), place.parent) for line in _text(place).splitlines() if line.strip()]


def _text(file: Path) -> str:
    try:
        # Editors on Windows begin a file with a mark of its encoding.
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file} is no readable text file: {error}") from error


def _names(content: dict[str, Any], file: Path) -> list[str]:
    names = content.get("names")
    if isinstance(names, dict):
        numbered = {str(number): name for number, name in names.items()}
        if set(numbered) != set(map(str, range(len(names)))):
            raise DatasetError(f"{file}: names are numbered {', '.join(numbered)}; 0 to {len(names) - 1} is needed")
        names = [numbered[str(number)] for number in range(len(names))]
    if not isinstance(names, list) or not names:
        raise DatasetError(f"{file}: names are {names!r}; a list or mapping of class names is needed")
    labels = [str(name) for name in names]
    if len(set(labels)) < len(labels):
        raise DatasetError(f"{file} names a class twice: {', '.join(labels)}")
    return labels


def _lines(file: Path, classes: Sequence[str]) -> Iterator[Annotation]:
    for number, line in enumerate(_text(file).splitlines(), start=1):
        if line.strip():
            yield _annotation(line.split(), classes, f"{file}, line {number}")


def _annotation(words: Sequence[str], classes: Sequence[str], where: str) -> Annotation:
    try:
        label, *values = map(float, words)
    except ValueError as error:
        raise DatasetError(f"{where}: {' '.join(words)[:60]!r} is no line of numbers") from error
    if len(values) > 5 and len(values) % 2 == 0:
        raise DatasetError(f"{where} has {len(words)} numbers: this is a segmentation file, boxes have 5")
    if len(values) != 4:
        raise DatasetError(f"{where} has {len(words)} numbers; class, x, y, width and height are needed")
    checked_box(values, where)
    if label != int(label) or not 0 <= label < len(classes):
        raise DatasetError(f"{where}: class {words[0]}, but names has 0 to {len(classes) - 1}")
    if min(values) < -SLACK or max(values) > 1 + SLACK:
        raise DatasetError(f"{where}: {' '.join(words[1:])}; shares of the picture's sides, 0 to 1, are needed")
    x, y, width, height = values
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return Annotation(classes[int(label)], box, in_shares=True)


def _check_stems(paths: Sequence[Path], file: Path) -> None:
    seen: dict[Path, Path] = {}
    for path in paths:
        other = seen.setdefault(label_file(path), path)
        if other != path:
            raise DatasetError(f"{file}: {other} and {path} have one text file, {label_file(path)}")


def _resolved(text: str, folder: Path) -> Path:
    path = Path(text)
    return path if path.is_absolute() else folder / path
