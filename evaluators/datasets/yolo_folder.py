"""YOLO's form of a detection set: `data.yaml`, pictures under `images`, and a text file of boxes for each.

Tools that label pictures write the names of the classes into `classes.txt` instead, one a line.
"""

from collections.abc import Iterator, Sequence
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
from evaluators.datasets.yolo_places import (
    PART_FOLDERS,
    YAML,
    label_file,
    last_parts_below,
    pictures_at,
    text_of,
    usual_parts,
)
from prototypenas.errors import DatasetError

SLACK = 1e-3
"""How far a share may lie outside 0 to 1."""


@dataclass(frozen=True)
class YoloFolder:
    """A folder with a `data.yaml`, as ultralytics, Roboflow, CVAT and others write it, or with names of classes."""

    file: Path
    folder: Path | None = None
    """Of pictures and labels; the file's own if `None`."""

    @property
    def root(self) -> Path:
        """The folder of pictures and labels."""
        return self.folder or self.file.parent

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
        _check_labels([one.path for part in parts.values() for one in part], name)
        return AnnotatedSet(name, tuple(classes), parts, tuple(notes))

    def _content(self) -> dict[str, Any]:
        if self.file.suffix.lower() not in YAML:
            names = [line.strip() for line in text_of(self.file).splitlines() if line.strip()]
            return {"names": names, **usual_parts(self.root)}
        try:
            content = yaml.safe_load(text_of(self.file))
        except yaml.YAMLError as error:
            raise DatasetError(f"{self.file} is no readable YAML file: {error}") from error
        if not isinstance(content, dict):
            raise DatasetError(f"{self.file} is no mapping; train, val and names are needed")
        return content

    def _listed(self, content: dict[str, Any], part: str) -> list[Path] | None:
        """Return a part's pictures; `None` where none were exported, as tools often leave parts but training."""
        entries = content[part] if isinstance(content[part], list) else [content[part]]
        places = [self._place(content, str(entry)) for entry in entries]
        if part != "train" and not any(places):
            return None
        for entry, place in zip(entries, places, strict=True):
            if place is None:
                raise DatasetError(f"{self.file}: {part} is {entry}, which does not exist")
        found = [picture for place in places if place is not None for picture in pictures_at(place, self.root)]
        if not found:
            raise DatasetError(f"{self.file}: {part} is {content[part]}, which has no pictures")
        return sorted(found)

    def _place(self, content: dict[str, Any], entry: str) -> Path | None:
        """Resolve against `path` and the file's folder; of a path on somebody else's machine its last parts count."""
        base = self.root / slashed(content.get("path") or "")
        entry = slashed(entry)
        for folder in (base, self.root, self.file.parent):
            if (folder / entry).exists():
                return folder / entry
        return last_parts_below(entry, base) or last_parts_below(entry, self.root)

    def _picture(self, path: Path, classes: Sequence[str]) -> AnnotatedPicture:
        labels = label_file(path)
        annotations = tuple(_lines(labels, classes)) if labels.is_file() else ()
        root = self.root.resolve()
        resolved = path.resolve()
        name = str(resolved.relative_to(root)) if resolved.is_relative_to(root) else str(resolved)
        return AnnotatedPicture(path, name, annotations)


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
    for number, line in enumerate(text_of(file).splitlines(), start=1):
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


def _check_labels(paths: Sequence[Path], name: str) -> None:
    if not any(label_file(path).is_file() for path in paths):
        wanted = f"that of {paths[0]} would be {label_file(paths[0])}"
        raise DatasetError(f"no picture of {name} has a text file of boxes; {wanted}")
