"""COCO's annotation files: pictures, categories and boxes in one JSON file a part."""

import json
import random
import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evaluators.datasets.box_annotations import (
    AnnotatedPicture,
    AnnotatedSet,
    Annotation,
    check_names,
    checked_box,
    slashed,
)
from prototypenas.errors import DatasetError

HEAD_BYTES = 4096
KEYS = ("images", "annotations", "categories")
PARTS: Mapping[str, str] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
"""Words in the name of a file or folder, and the part that they say."""


@dataclass(frozen=True)
class CocoFolder:
    """A folder with COCO's annotation files, as published or as tools export it."""

    folder: Path
    categories: tuple[str, ...] = ()
    """Only boxes of these, and only pictures with one; all where none are named."""
    negatives: float = 0.0
    """Share of the pictures without such a box that is kept too, by a fixed seed."""
    files: tuple[Path, ...] = field(default=())

    def read(self, name: str) -> AnnotatedSet:
        """Read all annotation files of the folder.

        Raises:
            DatasetError: for a file that is no annotation file, a category that is absent, or a box of no picture.
        """
        files = self.files or tuple(annotation_files(self.folder))
        classes: dict[str, None] = {}
        parts: dict[str, list[AnnotatedPicture]] = {}
        for file in files:
            content = _content(file)
            names = _category_names(content, file)
            self._check_categories(names.values(), file)
            wanted = [label for label in names.values() if not self.categories or label in self.categories]
            classes |= dict.fromkeys(wanted)
            part = _part_of(file, self.folder)
            parts.setdefault(part, []).extend(self._pictures(content, names, set(wanted), file))
        for pictures in parts.values():
            check_names(pictures, name)
        return AnnotatedSet(name, tuple(classes), parts)

    def _check_categories(self, names: Any, file: Path) -> None:
        absent = [one for one in self.categories if one not in names]
        if absent:
            raise DatasetError(f"{file} has no category {', '.join(absent)}; it has {', '.join(map(str, names))}")

    def _pictures(
        self, content: Mapping[str, Any], names: Mapping[Any, str], wanted: set[str], file: Path
    ) -> Iterator[AnnotatedPicture]:
        boxes: dict[Any, list[Annotation]] = {_key(image, "id", file): [] for image in content["images"]}
        if len(boxes) < len(content["images"]):
            raise DatasetError(f"{file} gives {len(content['images'])} images only {len(boxes)} different ids")
        for number, row in enumerate(content["annotations"]):
            where = f"{file}, annotation {row.get('id', number) if isinstance(row, dict) else number}"
            picture = _key(row, "image_id", where)
            if picture not in boxes:
                raise DatasetError(f"{where} is of image {picture}, which the file does not list")
            label = names.get(_key(row, "category_id", where))
            if label is None:
                raise DatasetError(f"{where} is of category {row['category_id']}, which the file does not list")
            if label in wanted:
                boxes[picture].append(_annotation(row, label, where))
        root = _pictures_root(content["images"], file, self.folder)
        generator = random.Random(0)
        for image in content["images"]:
            found = boxes[image["id"]]
            if self.categories and not any(not one.crowd for one in found) and generator.random() >= self.negatives:
                continue
            path = root / slashed(_key(image, "file_name", file))
            name = path.relative_to(self.folder) if path.is_relative_to(self.folder) else path
            yield AnnotatedPicture(path, str(name), tuple(found), _size(image))


def annotation_files(folder: Path) -> list[Path]:
    """Return the JSON files of a folder, its `annotations` and its parts' folders that begin like COCO's boxes."""
    found = sorted(path for pattern in ("*.json", "*/*.json") for path in folder.glob(pattern))
    usual = [path for path in found if path.name.startswith("instances_")]
    return usual or [path for path in found if _looks_like_boxes(path)]


def _looks_like_boxes(path: Path) -> bool:
    """Whether the file's top level has COCO's three lists; a large file is only read if its beginning suits."""
    with path.open("rb") as stream:
        if not stream.read(HEAD_BYTES).removeprefix(BOM_UTF8).lstrip().startswith(b"{"):
            return False
    try:
        text = path.read_text(encoding="utf-8-sig")
    except ValueError:
        return False
    try:
        content = json.loads(text)
    except ValueError:
        # Truncated: it is named when it is read.
        return sum(f'"{key}"' in text for key in KEYS) > 1
    return isinstance(content, dict) and all(key in content for key in KEYS)


def _content(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise DatasetError(f"{file} is missing") from error
    except (ValueError, OSError) as error:
        raise DatasetError(f"{file} is truncated or no JSON: {error}") from error
    if not isinstance(content, dict) or not all(isinstance(content.get(key), list) for key in KEYS):
        raise DatasetError(f"{file} is no COCO annotation file: it needs the lists {', '.join(KEYS)}")
    if not content["images"]:
        raise DatasetError(f"{file} lists no image")
    return content


def _category_names(content: Mapping[str, Any], file: Path) -> dict[Any, str]:
    names = {_key(row, "id", file): str(_key(row, "name", file)) for row in content["categories"]}
    if len(set(names.values())) < len(names):
        raise DatasetError(f"{file} names a category twice: {', '.join(sorted(names.values()))}")
    return names


def _size(image: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return height and width, where the file says them."""
    height, width = image.get("height"), image.get("width")
    return (int(height), int(width)) if isinstance(height, int | float) and isinstance(width, int | float) else None


def _annotation(row: Mapping[str, Any], label: str, where: str) -> Annotation:
    values = row.get("bbox")
    if not isinstance(values, list):
        raise DatasetError(f"{where} has no bbox")
    checked_box(values, where)
    x, y, width, height = map(float, values)
    if width < 0 or height < 0:
        raise DatasetError(f"{where}: a box is {values}; width and height cannot be negative")
    area = row.get("area")
    return Annotation(
        label,
        (x, y, x + width, y + height),
        crowd=bool(row.get("iscrowd", 0)),
        area=float(area) if isinstance(area, int | float) and area > 0 else None,
    )


def _key(row: Any, key: str, where: object) -> Any:
    if not isinstance(row, dict) or key not in row:
        raise DatasetError(f"{where}: {str(row)[:80]} has no {key}")
    return row[key]


def _part_of(file: Path, folder: Path) -> str:
    """Tell the part from the file's own name, else from its folder's."""
    for text in (file.stem, *(parent.name for parent in file.relative_to(folder).parents)):
        for word in re.findall("[a-z]+", text.lower()):
            if word in PARTS:
                return PARTS[word]
    return "all"


def _pictures_root(images: Sequence[Mapping[str, Any]], file: Path, folder: Path) -> Path:
    """Find the folder that the file names are relative to, by the first picture that is there."""
    part = file.stem.removeprefix("instances_")
    places = (file.parent, folder / "images" / part, folder / part, folder / "images", folder, file.parent / "images")
    names = [slashed(_key(image, "file_name", file)) for image in images[:100]]
    for name in names:
        for place in places:
            if (place / name).is_file():
                return place
    found = _anywhere(names[0], file, folder)
    if found is None:
        raise DatasetError(f"{file} names {names[0]}, which is nowhere in {folder}")
    return found


def _anywhere(name: str, file: Path, folder: Path) -> Path | None:
    """Search all folders for a picture, those of the file's part first."""
    wanted = Path(name)
    found = [path for path in sorted(folder.rglob(wanted.name)) if path.as_posix().endswith(f"/{name}")]
    roots = [path.parents[len(wanted.parts) - 1] for path in found]
    alike = [root for root in roots if _part_of(root / wanted.name, folder) == _part_of(file, folder)]
    return next(iter(alike or roots), None)
