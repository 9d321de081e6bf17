"""Where a YOLO folder's pictures, labels and names of classes lie, as the tools that write them leave them."""

from collections.abc import Mapping
from pathlib import Path

from evaluators.datasets.box_annotations import slashed
from evaluators.datasets.pictures import PICTURE_SUFFIXES
from prototypenas.errors import DatasetError

PART_FOLDERS: Mapping[str, tuple[str, ...]] = {"train": ("train",), "val": ("val", "valid"), "test": ("test",)}
"""Names of the parts' folders and lists where no `data.yaml` names them."""
NAME_FILES = ("classes.txt", "obj.names", "_darknet.labels")
"""Names of the classes, one a line: LabelImg's and Label Studio's, CVAT's and darknet's, Roboflow's."""
YAML = (".yaml", ".yml")


def data_file(folder: Path) -> Path | None:
    """Return the folder's `data.yaml`, its only YAML file that has names, or the names of classes of its labels.

    Raises:
        DatasetError: for files that name the classes differently.
    """
    for name in ("data.yaml", "data.yml", "dataset.yaml"):
        if (folder / name).is_file():
            return folder / name
    others = sorted(path for suffix in YAML for path in folder.glob(f"*{suffix}"))
    if len(others) == 1 and "names" in text_of(others[0]):
        return others[0]
    named = [file for name in NAME_FILES for depth in ("", "*/", "*/*/") for file in sorted(folder.glob(depth + name))]
    if not named or not _has_labels(folder):
        return None
    for other in named[1:]:
        if text_of(other).split() != text_of(named[0]).split():
            raise DatasetError(f"{named[0]} and {other} name the classes differently; keep one")
    return named[0]


def usual_parts(root: Path) -> dict[str, str]:
    """Find the parts' folders or lists by their names; all pictures are training where there are none."""
    for form in ("images/{}", "{}/images", "{}.txt", "{}"):
        found = {
            part: form.format(word)
            for part, words in PART_FOLDERS.items()
            for word in words
            if (root / form.format(word)).exists()
        }
        if "train" in found:
            return found
    return {"train": "images" if (root / "images").is_dir() else "."}


def label_file(picture: Path) -> Path:
    """Return the text file of a picture: under `labels` where the picture is under `images`, else beside it."""
    beside = picture.with_suffix(".txt")
    parts = picture.parts
    for place in range(len(parts) - 2, -1, -1):
        if parts[place].lower() == "images":
            apart = _labels_in(Path(*parts[:place])).joinpath(*parts[place + 1 :]).with_suffix(".txt")
            return beside if beside.is_file() and not apart.is_file() else apart
    return beside


def last_parts_below(entry: str, root: Path) -> Path | None:
    """Return what lies below `root` under as many of a path's last parts as possible; `None` where nothing does.

    The end of a path on the author's machine is the same here; but `images` alone would be that of any part.
    """
    parts = [part for part in Path(entry).parts if part not in ("/", ".", "..")]
    for start in range(len(parts)):
        place = root.joinpath(*parts[start:])
        if (len(parts) == 1 or parts[start:] != ["images"]) and place.exists():
            return place
    return None


def pictures_at(place: Path, root: Path) -> list[Path]:
    """Return the pictures of a folder, or those that a text file lists, a line each."""
    if place.is_dir():
        return [one for one in place.rglob("*") if one.suffix.lower() in PICTURE_SUFFIXES]
    lines = [slashed(line.strip()) for line in text_of(place).splitlines() if line.strip()]
    return [_listed_picture(line, place.parent, root) for line in lines]


def text_of(file: Path) -> str:
    """Read a text file.

    Raises:
        DatasetError: if it is missing or no text.
    """
    try:
        # Editors on Windows begin a file with a mark of its encoding.
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file} is no readable text file: {error}") from error


def _has_labels(folder: Path) -> bool:
    """Whether there is a folder `labels`, or a text file beside its picture."""
    if any(path.is_dir() for pattern in ("[lL]abels", "*/[lL]abels") for path in folder.glob(pattern)):
        return True
    suffixes = [case(suffix) for suffix in PICTURE_SUFFIXES for case in (str.lower, str.upper)]
    texts = (path for pattern in ("*.txt", "*/*.txt") for path in folder.glob(pattern))
    return any(text.with_suffix(suffix).is_file() for text in texts for suffix in suffixes)


def _labels_in(folder: Path) -> Path:
    """Return the folder `labels`, in whatever case it is written."""
    names = [child.name for child in folder.iterdir()] if folder.is_dir() else []
    return folder / next((name for name in sorted(names, reverse=True) if name.lower() == "labels"), "labels")


def _listed_picture(line: str, folder: Path, root: Path) -> Path:
    path = folder / line
    return path if path.is_file() else last_parts_below(line, root) or path
