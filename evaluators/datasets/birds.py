"""Caltech-UCSD Birds 200-2011 in its publisher's folder."""

from pathlib import Path

from evaluators.datasets.files import required_file
from evaluators.datasets.torchvision_sets import PictureList, PictureSet
from prototypenas.errors import DatasetError

ARCHIVE = "https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz"
ARCHIVE_MD5 = "97eceeb196236b17998738112f37df78"
FOLDER = "CUB_200_2011"


def list_birds(source: PictureSet, folder: Path, train: bool, download: bool) -> PictureList:
    """Read `images.txt`, `image_class_labels.txt`, `train_test_split.txt` and `classes.txt`, joined by image number.

    Raises:
        DatasetError: if a table is missing, malformed or lacks an image.
    """
    root = folder / FOLDER
    if download and not root.is_dir():
        download_archive(folder)
    paths = _table(root / "images.txt", source)
    labels = _table(root / "image_class_labels.txt", source)
    trained = _table(root / "train_test_split.txt", source)
    classes = _table(root / "classes.txt", source)
    chosen = []
    for number, path in paths.items():
        if number not in labels or number not in trained:
            raise DatasetError(f"{root} of {source.name} has no label or split for image {number} ({path})")
        if labels[number] not in classes:
            raise DatasetError(f"{root} labels image {number} with class {labels[number]}, which classes.txt lacks")
        if trained[number] == ("1" if train else "0"):
            chosen.append(number)
    return PictureList(
        tuple(root / "images" / paths[number] for number in chosen),
        tuple(int(labels[number]) - 1 for number in chosen),
        tuple(name.partition(".")[2] or name for name in classes.values()),
    )


def download_archive(folder: Path) -> None:
    """Fetch the publisher's archive, check its MD5 and unpack it.

    Raises:
        DatasetError: if it cannot be fetched or is not the published file.
    """
    from torchvision.datasets.utils import download_and_extract_archive  # noqa: PLC0415  (slow, and hardly ever needed)

    try:
        download_and_extract_archive(ARCHIVE, str(folder), md5=ARCHIVE_MD5)
    except (RuntimeError, OSError) as error:
        raise DatasetError(f"{ARCHIVE} could not be fetched whole: {error}") from error


def _table(path: Path, source: PictureSet) -> dict[str, str]:
    rows: dict[str, str] = {}
    text = required_file(path, source.name, source.homepage).read_text(encoding="utf-8")
    for line, row in enumerate(text.splitlines(), 1):
        number, _, value = row.strip().partition(" ")
        if not number.isdigit() or not value:
            raise DatasetError(f"{path} of {source.name}, line {line}: {row!r} is not `number value`")
        rows[number] = value
    return rows


BIRDS = PictureSet(
    name="birds",
    description="Caltech-UCSD Birds 200-2011, 11,788 photographs of 200 species (Wah et al. 2011)",
    homepage="https://www.vision.caltech.edu/datasets/cub_200_2011/",
    classes=200,
    samples=(5_994, 5_794),
    list_part=list_birds,
)
