"""Pascal VOC's form of a detection set: an XML file of boxes for each picture."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from evaluators.datasets.box_annotations import (
    AnnotatedPicture,
    AnnotatedSet,
    Annotation,
    check_names,
    checked_box,
    slashed,
)
from evaluators.datasets.coco_json import PARTS
from evaluators.datasets.pictures import PICTURE_SUFFIXES
from prototypenas.errors import DatasetError

SETS = Path("ImageSets") / "Main"


@dataclass(frozen=True)
class VocFolder:
    """A folder with VOC's XML files: `Annotations` and `JPEGImages`, or files beside their pictures by part."""

    folder: Path

    def read(self, name: str) -> AnnotatedSet:
        """Read all XML files; objects marked difficult are neither learnt nor counted as wrong.

        Raises:
            DatasetError: for a file that is no annotation, or a box that is none.
        """
        pictures = self._listed_pictures()
        found: dict[str, list[AnnotatedPicture]] = {}
        for file in annotation_files(self.folder):
            picture = self._picture(file, pictures)
            found.setdefault(self._part(file), []).append(picture)
        parts = self._by_lists(found) or found
        everything = [one for part in found.values() for one in part]
        check_names(everything, name)
        classes = sorted({one.label for picture in everything for one in picture.annotations})
        return AnnotatedSet(name, tuple(classes), parts)

    def _listed_pictures(self) -> dict[str, list[Path]]:
        """Return all pictures of the folder by their stem."""
        found: dict[str, list[Path]] = {}
        for path in self.folder.rglob("*"):
            if path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith("."):
                found.setdefault(path.stem, []).append(path)
        return found

    def _picture(self, file: Path, pictures: dict[str, list[Path]]) -> AnnotatedPicture:
        root = _root(file)
        named = root.findtext("filename") or ""
        stems = dict.fromkeys((file.stem, Path(slashed(named)).stem))
        candidates = [path for stem in stems for path in pictures.get(stem, [])]
        if not candidates:
            raise DatasetError(f"{file} is of {named or file.stem}, and no such picture is in {self.folder}")
        chosen = _likeliest(candidates, file, Path(slashed(named)).name)
        if len(chosen) > 1:
            raise DatasetError(f"{file} may be of {chosen[0]} or of {chosen[1]}; keep it beside its picture")
        annotations = tuple(_annotation(element, file) for element in root.iter("object"))
        return AnnotatedPicture(chosen[0], str(chosen[0].relative_to(self.folder)), annotations, _size(root))

    def _part(self, file: Path) -> str:
        for parent in file.relative_to(self.folder).parents:
            part = PARTS.get(parent.name.lower())
            if part is not None:
                return part
        return "all"

    def _by_lists(self, found: dict[str, list[AnnotatedPicture]]) -> dict[str, list[AnnotatedPicture]]:
        """Part as the lists of `ImageSets/Main` say, where there are any; the years of VOC have theirs each."""
        everything = [one for part in found.values() for one in part]
        parts: dict[str, list[AnnotatedPicture]] = {}
        for folder in sorted(path for path in self.folder.rglob(str(SETS)) if path.is_dir()):
            by_stem = {one.path.stem: one for one in everything if one.path.is_relative_to(folder.parents[1])}
            for part, file in _lists(folder).items():
                parts.setdefault(part, []).extend(_listed(file, by_stem))
        return parts if parts.get("train") else {}


def annotation_files(folder: Path) -> list[Path]:
    """Return the XML files of a folder that are annotations."""
    return sorted(path for path in _xml_files(folder) if b"<annotation" in _beginning(path))


def has_annotations(folder: Path) -> bool:
    """Whether the folder holds any annotation file."""
    return any(b"<annotation" in _beginning(path) for path in _xml_files(folder))


def _likeliest(candidates: Sequence[Path], file: Path, named: str) -> list[Path]:
    """Prefer the picture beside its file, in a folder of its name, named in it to the letter, then the nearest.

    Masks and thumbnails have the names of their pictures, and parts often number theirs alike.
    """
    chosen = list(candidates)
    for fits in (
        lambda path: path.parent == file.parent,
        lambda path: path.parent.name == file.parent.name,
        lambda path: len(_shared(path, file)) == max(len(_shared(one, file)) for one in candidates),
        lambda path: path.name.lower() == named.lower(),
        lambda path: path.name == named,
    ):
        chosen = [path for path in chosen if fits(path)] or chosen
    return chosen


def _shared(path: Path, other: Path) -> tuple[str, ...]:
    """Return the folders that both are in."""
    pairs = itertools.takewhile(
        lambda pair: pair[0] == pair[1], zip(path.parent.parts, other.parent.parts, strict=False)
    )
    return tuple(first for first, _ in pairs)


def _xml_files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*.xml") if path.is_file() and not path.name.startswith("."))


def _beginning(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(512)


def _root(file: Path) -> ElementTree.Element:
    try:
        return ElementTree.parse(file).getroot()
    except (ElementTree.ParseError, OSError) as error:
        raise DatasetError(f"{file} is truncated or no XML: {error}") from error


def _size(root: ElementTree.Element) -> tuple[int, int] | None:
    """Return height and width as the file says; some tools leave them 0."""
    try:
        height, width = (int(float(root.findtext(f"size/{side}") or 0)) for side in ("height", "width"))
    except ValueError:
        return None
    return (height, width) if height > 0 and width > 0 else None


def _lists(folder: Path) -> dict[str, Path]:
    """Find the lists of the parts; `trainval` is training where it is not parted into `train` and `val`."""
    names = {"train": "train", "val": "val", "test": "test"}
    if not (folder / "train.txt").is_file():
        names["train"] = "trainval"
    return {part: folder / f"{name}.txt" for part, name in names.items() if (folder / f"{name}.txt").is_file()}


def _listed(file: Path, by_stem: Mapping[str, AnnotatedPicture]) -> list[AnnotatedPicture]:
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    stems = [_listed_stem(line.split()[0], by_stem) for line in lines if line.strip()]
    absent = [stem for stem in stems if stem not in by_stem]
    # VOC publishes the list of its test part before the boxes.
    if absent and len(absent) < len(stems):
        raise DatasetError(f"{file} lists {absent[0]}, which has no annotation")
    return [by_stem[stem] for stem in stems if stem in by_stem]


def _listed_stem(word: str, known: Mapping[str, object]) -> str:
    """Return a picture's name as lists have it: without its suffix, or, as some tools write it, as a file."""
    return word if word in known else Path(slashed(word)).stem


def _annotation(element: ElementTree.Element, file: Path) -> Annotation:
    label = (element.findtext("name") or "").strip()
    if not label:
        raise DatasetError(f"{file} has an object without a name")
    where = f"{file}, {label}"
    texts = [element.findtext(f"bndbox/{edge}") for edge in ("xmin", "ymin", "xmax", "ymax")]
    try:
        x1, y1, x2, y2 = (float(text or "") for text in texts)
    except ValueError as error:
        raise DatasetError(f"{where}: a box is {texts}; xmin, ymin, xmax and ymax are needed") from error
    checked_box((x1, y1, x2, y2), where)
    if x2 < x1 or y2 < y1:
        raise DatasetError(f"{where}: a box ends at ({x2:g}, {y2:g}) before it begins at ({x1:g}, {y1:g})")
    # VOC counts pixels from 1 and includes the last one.
    difficult = (element.findtext("difficult") or "0").strip() == "1"
    return Annotation(label, (x1 - 1, y1 - 1, x2, y2), crowd=difficult)
