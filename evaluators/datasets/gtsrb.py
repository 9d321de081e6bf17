"""German Traffic Sign Recognition Benchmark, as its publisher or as torchvision has it."""

import csv
from pathlib import Path

from evaluators.datasets.files import required_file, torchvision_set
from evaluators.datasets.torchvision_sets import PictureList, PictureSet, picture_list
from prototypenas.errors import DatasetError


def list_gtsrb(source: PictureSet, folder: Path, train: bool, download: bool) -> PictureList:
    """List the publisher's folders `GTSRB/Final_Training` and `Final_Test`, or those that torchvision unpacks.

    The publisher has 39,209 training pictures; torchvision's edition is that of the 2011 competition, 26,640.
    """
    published = next((place for place in (folder / "GTSRB", folder) if (place / "Final_Training").is_dir()), None)
    if published is not None:
        return _published_training(published, source) if train else _published_test(published, source)
    part = torchvision_set(
        "GTSRB",
        folder,
        source.name,
        download=download,
        homepage=source.homepage,
        split="train" if train else "test",
    )
    paths, labels = zip(*part._samples, strict=True)
    return picture_list(paths, labels, [f"{number:02d}" for number in range(source.classes)])


def _published_training(root: Path, source: PictureSet) -> PictureList:
    entries = sorted((root / "Final_Training" / "Images").glob("[0-9]*/*.ppm"))
    return picture_list(entries, [int(path.parent.name) for path in entries], _classes(source))


def _published_test(root: Path, source: PictureSet) -> PictureList:
    """Read the labels from `GT-final_test.csv`, which the publisher hands out in an archive of its own.

    Raises:
        DatasetError: if the table is missing or has no label for a row.
    """
    images = root / "Final_Test" / "Images"
    name = "GT-final_test.csv"
    places = [images / name, root / name, root.parent / name]
    table = required_file(next((place for place in places if place.is_file()), images / name), "gtsrb", source.homepage)
    with table.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    try:
        return picture_list(
            [images / row["Filename"] for row in rows], [int(row["ClassId"]) for row in rows], _classes(source)
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{table} of gtsrb lacks Filename or ClassId; get it from {source.homepage}") from error


def _classes(source: PictureSet) -> list[str]:
    return [f"{number:02d}" for number in range(source.classes)]


GTSRB = PictureSet(
    name="gtsrb",
    description="German traffic signs, 51,839 images of 43 signs, or torchvision's 39,270 (Stallkamp et al. 2012)",
    homepage="https://benchmark.ini.rub.de/gtsrb_dataset.html",
    classes=43,
    samples=(26_640, 12_630),
    list_part=list_gtsrb,
    other_samples=((39_209, 12_630),),
)
