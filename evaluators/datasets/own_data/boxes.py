"""A user's own pictures with boxes: YOLO folders, COCO's JSON, Pascal VOC's XML."""

from dataclasses import replace
from pathlib import Path

from evaluators.datasets.box_annotations import AnnotatedSet, detection_data
from evaluators.datasets.boxed_pictures import DetectionData
from evaluators.datasets.coco_json import CocoFolder
from evaluators.datasets.coco_json import annotation_files as coco_files
from evaluators.datasets.reading import Reading
from evaluators.datasets.voc_folder import VocFolder
from evaluators.datasets.voc_folder import has_annotations as has_voc_annotations
from evaluators.datasets.yolo_folder import YoloFolder
from evaluators.datasets.yolo_places import YAML, data_file
from prototypenas.errors import DatasetError
from prototypenas.types import InputShape

DEFAULT_PICTURE: InputShape = (3, 128, 128)


def is_yolo(path: Path) -> bool:
    """Whether a path is a `data.yaml`, or a folder with one or with YOLO's `labels` beside `images`."""
    if path.suffix.lower() in YAML:
        return True
    if not path.is_dir():
        return False
    folder = _innermost(path)
    return data_file(folder) is not None or (_has_labels(folder) and not is_coco(path) and not is_voc(path))


def open_yolo(path: Path, reading: Reading) -> DetectionData:
    """Read a YOLO folder.

    Raises:
        DatasetError: naming what is wrong and where.
    """
    folder = path.parent if path.is_file() else _innermost(path)
    file = path if path.is_file() else data_file(folder)
    if file is None:
        raise DatasetError(
            f"{folder} has images and labels, but no data.yaml; write one with train, val and names (of the classes)"
        )
    found = YoloFolder(file, folder).read(_name(path if path.is_dir() else folder))
    return _decoded(found, folder, reading, f"a YOLO folder, {file.relative_to(folder)}")


def is_coco(path: Path) -> bool:
    """Whether a path is a folder with COCO's annotation files."""
    return path.is_dir() and bool(coco_files(_innermost(path)))


def open_coco(path: Path, reading: Reading) -> DetectionData:
    """Read a folder with COCO's annotation files.

    Raises:
        DatasetError: naming what is wrong and where.
    """
    folder = _innermost(path)
    files = ", ".join(str(file.relative_to(folder)) for file in coco_files(folder))
    return _decoded(CocoFolder(folder).read(_name(path)), folder, reading, f"COCO's JSON, {files}")


def is_voc(path: Path) -> bool:
    """Whether a path is a folder with VOC's annotation files."""
    return path.is_dir() and has_voc_annotations(path)


def open_voc(path: Path, reading: Reading) -> DetectionData:
    """Read a folder with VOC's annotation files.

    Raises:
        DatasetError: naming what is wrong and where.
    """
    return _decoded(VocFolder(path).read(_name(path)), path, reading, "Pascal VOC's XML files")


def _innermost(folder: Path) -> Path:
    """Return what a folder holds with nothing beside it, as archives are often unpacked."""
    inside = [child for child in folder.iterdir() if not child.name.startswith((".", "__MACOSX"))]
    alone = len(inside) == 1 and inside[0].is_dir()
    return _innermost(inside[0]) if alone else folder


def _decoded(found: AnnotatedSet, folder: Path, reading: Reading, form: str) -> DetectionData:
    return replace(detection_data(found, folder, reading.input_shape or DEFAULT_PICTURE), reading=form)


def _has_labels(folder: Path) -> bool:
    labels = folder / "labels"
    return (folder / "images").is_dir() and labels.is_dir() and any(labels.rglob("*.txt"))


def _name(folder: Path) -> str:
    return folder.resolve().name
