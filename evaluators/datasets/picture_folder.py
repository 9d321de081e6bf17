"""A folder of pictures, one subfolder a class: anybody's own data, and ArxPhotos314."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from evaluators.datasets.class_folders import Entries, Listing, list_classes
from evaluators.datasets.files import existing_folder
from evaluators.datasets.pictures import PICTURE_SUFFIXES, bits_of, read_pictures
from evaluators.datasets.samples import ClassificationData, Samples, assembled
from evaluators.datasets.splits import stratified_split
from prototypenas.errors import DatasetError
from prototypenas.types import InputShape

SPLIT_SEED = 20
TEST_SHARE = 0.2


def load_picture_folder(
    folder: Path,
    *,
    name: str,
    input_shape: InputShape = (3, 128, 128),
    layout: str | None = None,
) -> ClassificationData:
    """Read `<class>/**/*.png` (and the other suffixes), class names in alphabetical order.

    Folders that name parts (`train`, `val`, `test`) are the split; otherwise a fifth of each class is held out by a
    fixed seed.

    Raises:
        DatasetError: for a folder without pictures, a class without any, a test class that training lacks, folders
            that can be read in two ways, or a file that is no picture.
    """
    listing = list_classes(folder, PICTURE_SUFFIXES, name, layout=layout)
    return load_pictures(listing, name=name, input_shape=input_shape)


def load_pictures(listing: Listing, *, name: str, input_shape: InputShape) -> ClassificationData:
    """Read listed pictures; where no test part is listed, a fifth of each class is held out by a fixed seed.

    Raises:
        DatasetError: for a file that is no picture, or what `assembled` refuses.
    """
    bits = bits_of([path for path, _ in listing.train + listing.val + listing.test])

    def read(entries: Entries) -> Samples:
        labels = torch.tensor([listing.classes.index(label) for _, label in entries], dtype=torch.int64)
        return Samples(read_pictures([path for path, _ in entries], input_shape, name=name, bits=bits), labels)

    notes = listing.notes if bits == 8 else (*listing.notes, f"pictures of {bits} bits were brought to 8")
    train = read(listing.train)
    if listing.test:
        test, split = read(listing.test), "as the folders say"
    else:
        kept, held = stratified_split(np.asarray(train.targets), TEST_SHARE, seed=SPLIT_SEED)
        train, test, split = train.at(kept), train.at(held), "80/20 within each class, fixed seed"
    data = assembled(name, listing.classes, train, test, split=split)
    validation = read(listing.val) if listing.val else None
    return replace(data, validation=validation, reading="; ".join(("a folder of pictures by class", *notes)))


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
        root = existing_folder(data_dir, "arxphotos314", homepage=self.homepage)
        places = [root / "ARXPHOTOS314" / "images", root / "images", root]
        folder = next(place for place in places if place.is_dir())
        data = load_picture_folder(folder, name="arxphotos314", input_shape=input_shape or self.input_shape)
        if data.num_classes != self.classes:
            raise DatasetError(
                f"{folder} has {data.num_classes} class folders ({', '.join(data.classes)}); "
                f"arxphotos314 has {self.classes}"
            )
        return data
