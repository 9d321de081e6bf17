"""A folder of pictures, one subfolder a class: anybody's own data, and ArxPhotos314."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from evaluators.datasets.files import existing_folder
from evaluators.datasets.pictures import PICTURE_SUFFIXES, read_pictures
from evaluators.datasets.samples import ClassificationData, Samples, assembled
from evaluators.datasets.splits import stratified_split
from prototypenas.errors import DatasetError
from prototypenas.types import InputShape

SPLIT_SEED = 20
TEST_SHARE = 0.2


def load_picture_folder(folder: Path, *, name: str, input_shape: InputShape = (3, 128, 128)) -> ClassificationData:
    """Read `<class>/**/*.png` (and the other suffixes), class names in alphabetical order.

    Subfolders `train` and `test` are taken as the split; otherwise a fifth of each class is held out by a fixed seed.

    Raises:
        DatasetError: for a folder without pictures, a class without any, a test class that training lacks, or a file
            that is no picture.
    """
    if (folder / "train").is_dir() and (folder / "test").is_dir():
        classes, paths, labels = _listed(folder / "train", name)
        test_classes, test_paths, test_labels = _listed(folder / "test", name)
        unknown = sorted(set(test_classes) - set(classes))
        if unknown:
            raise DatasetError(f"{folder / 'test'} has classes that train lacks: {', '.join(unknown)}")
        numbers = [classes.index(test_classes[label]) for label in test_labels]
        train = _samples(paths, labels, input_shape, name)
        test = _samples(test_paths, numbers, input_shape, name)
        return assembled(name, classes, train, test, split="by folders train and test")
    classes, paths, labels = _listed(folder, name)
    samples = _samples(paths, labels, input_shape, name)
    kept, held = stratified_split(np.asarray(labels, dtype=np.int64), TEST_SHARE, seed=SPLIT_SEED)
    return assembled(
        name,
        classes,
        samples.at(kept),
        samples.at(held),
        split="80/20 within each class, fixed seed",
    )


@dataclass(frozen=True)
class ArxPhotos:
    """Photographs of ARX.NET in the EU project MANOLO; not public, so the folder comes from the project.

    Known form: `ARXPHOTOS314/images/<class>/<subfolder>/*.png`.
    """

    description: str = "ArxPhotos314, landscape photographs of ARX.NET (project MANOLO, not public)"
    classes: int = 5
    input_shape: InputShape = (3, 128, 128)
    needs_files: bool = True
    homepage: str = "https://manolo-project.eu"

    def load(
        self, data_dir: Path | None, *, download: bool = False, input_shape: InputShape | None = None
    ) -> ClassificationData:
        """Read the class folders; a fifth of each is held out.

        Raises:
            DatasetError: if a download is asked for, the folder is missing, or it has other than the known classes.
        """
        if download:
            raise DatasetError(f"arxphotos314 cannot be downloaded: it is not public; ask {self.homepage}")
        root = existing_folder(data_dir, "arxphotos314", download=False, homepage=self.homepage)
        places = [root / "ARXPHOTOS314" / "images", root / "images", root]
        folder = next(place for place in places if place.is_dir())
        data = load_picture_folder(folder, name="arxphotos314", input_shape=input_shape or self.input_shape)
        if data.num_classes != self.classes:
            raise DatasetError(
                f"{folder} has {data.num_classes} class folders ({', '.join(data.classes)}); "
                f"arxphotos314 has {self.classes}"
            )
        return data


def has_pictures(folder: Path) -> bool:
    """Whether the folder holds subfolders with pictures."""
    return any(next(_pictures(child), None) is not None for child in folder.iterdir() if child.is_dir())


def _listed(folder: Path, name: str) -> tuple[list[str], list[Path], list[int]]:
    classes = sorted(child.name for child in folder.iterdir() if child.is_dir() and not child.name.startswith("."))
    paths: list[Path] = []
    labels: list[int] = []
    for number, label in enumerate(classes):
        found = sorted(_pictures(folder / label))
        if not found:
            raise DatasetError(f"class folder {folder / label} of {name} has no picture")
        paths += found
        labels += [number] * len(found)
    if not classes:
        raise DatasetError(f"{folder} has no class folders; expected {folder}/<class>/*.png")
    return classes, paths, labels


def _pictures(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith("."):
            yield path


def _samples(paths: Sequence[Path], labels: Sequence[int], shape: InputShape, name: str) -> Samples:
    return Samples(read_pictures(paths, shape, name=name), torch.tensor(labels))
