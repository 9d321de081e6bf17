"""Image sets that torchvision knows how to find: Flowers-102, Oxford-IIIT Pet, Stanford Cars."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from evaluators.datasets.files import existing_folder, torchvision_set
from evaluators.datasets.pictures import read_pictures
from evaluators.datasets.samples import ClassificationData, Samples, assembled
from prototypenas.errors import DatasetError
from prototypenas.types import InputShape


@dataclass(frozen=True)
class PictureList:
    """Files of one part, their labels, and all class names."""

    paths: tuple[Path, ...]
    labels: tuple[int, ...]
    classes: tuple[str, ...]


ListPart = Callable[["PictureSet", Path, bool, bool], PictureList]
"""Lists one part: the set, its folder, whether the training part, whether to download."""


@dataclass(frozen=True)
class PictureSet:
    """A set of picture files with an official split."""

    name: str
    description: str
    homepage: str
    classes: int
    samples: tuple[int, int]
    """Training and test images of the complete set; any other count is refused."""
    list_part: ListPart
    split: str = "official"
    input_shape: InputShape = (3, 128, 128)
    needs_files: bool = True
    downloadable: bool = True
    other_samples: tuple[tuple[int, int], ...] = ()
    """Counts of other complete editions of the set."""

    def load(
        self, data_dir: Path | None, *, download: bool = False, input_shape: InputShape | None = None
    ) -> ClassificationData:
        """Read the official training and test parts at the input shape.

        Raises:
            DatasetError: if files are missing, damaged or of another count, or a download is asked for that is gone.
        """
        if download and not self.downloadable:
            raise DatasetError(f"{self.name} can no longer be downloaded; place its files by hand: {self.homepage}")
        folder = existing_folder(
            data_dir, self.name, download=download, homepage=self.homepage, downloadable=self.downloadable
        )
        shape = input_shape or self.input_shape
        lists = [self.list_part(self, folder, train, download) for train in (True, False)]
        counts = (len(lists[0].paths), len(lists[1].paths))
        for part, found, expected in zip(("training", "test"), lists, self.samples, strict=True):
            if len(found.paths) != expected and counts not in self.other_samples:
                raise DatasetError(
                    f"{folder} lists {len(found.paths)} {part} images of {self.name}, the complete set has {expected}; "
                    f"get it from {self.homepage}"
                )
        if len(lists[0].classes) != self.classes:
            raise DatasetError(f"{folder} names {len(lists[0].classes)} classes of {self.name}, not {self.classes}")
        train, test = (
            Samples(read_pictures(found.paths, shape, name=self.name), torch.tensor(found.labels)) for found in lists
        )
        return assembled(self.name, lists[0].classes, train, test, split=self.split)


def list_flowers(source: PictureSet, folder: Path, train: bool, download: bool) -> PictureList:
    """Training is the official training and validation parts together, as published results have it."""
    paths: list[Path] = []
    labels: list[int] = []
    names: Sequence[str] = ()
    for split in ("train", "val") if train else ("test",):
        part = torchvision_set(
            "Flowers102",
            folder,
            source.name,
            download=download,
            homepage=source.homepage,
            split=split,
        )
        paths, labels, names = paths + part._image_files, labels + part._labels, part.classes
    return picture_list(paths, labels, names)


def list_pets(source: PictureSet, folder: Path, train: bool, download: bool) -> PictureList:
    """37 breeds, or cat and dog where the source has two classes."""
    part = torchvision_set(
        "OxfordIIITPet",
        folder,
        source.name,
        download=download,
        homepage=source.homepage,
        split="trainval" if train else "test",
    )
    if source.classes == 2:
        return picture_list(part._images, part._bin_labels, part.bin_classes)
    return picture_list(part._images, part._labels, part.classes)


def list_cars(source: PictureSet, folder: Path, train: bool, download: bool) -> PictureList:
    """Files placed by hand: the publisher's download is gone."""
    part = torchvision_set(
        "StanfordCars",
        folder,
        source.name,
        download=download,
        homepage=source.homepage,
        downloadable=False,
        split="train" if train else "test",
    )
    paths, labels = zip(*part._samples, strict=True)
    return picture_list(paths, labels, part.classes)


def picture_list(paths: Sequence[str | Path], labels: Sequence[int], classes: Sequence[str]) -> PictureList:
    """Return a list of what torchvision names."""
    return PictureList(tuple(map(Path, paths)), tuple(map(int, labels)), tuple(map(str, classes)))


FLOWERS = PictureSet(
    name="flowers102",
    description="Oxford Flowers, 8,189 photographs of 102 flowers (Nilsback & Zisserman 2008)",
    homepage="https://www.robots.ox.ac.uk/~vgg/data/flowers/102/",
    classes=102,
    samples=(2_040, 6_149),
    list_part=list_flowers,
    split="official; training and validation parts together",
)
PETS = PictureSet(
    name="pets",
    description="Oxford-IIIT Pet, 7,349 photographs of 37 breeds (Parkhi et al. 2012)",
    homepage="https://www.robots.ox.ac.uk/~vgg/data/pets/",
    classes=37,
    samples=(3_680, 3_669),
    list_part=list_pets,
)
PETS_SPECIES = PictureSet(
    name="pets-species",
    description="Oxford-IIIT Pet with two classes, cat and dog",
    homepage=PETS.homepage,
    classes=2,
    samples=PETS.samples,
    list_part=list_pets,
)
CARS = PictureSet(
    name="cars",
    description="Stanford Cars, 16,185 photographs of 196 models (Krause et al. 2013); files placed by hand",
    homepage="https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.StanfordCars.html",
    classes=196,
    samples=(8_144, 8_041),
    list_part=list_cars,
    downloadable=False,
)
