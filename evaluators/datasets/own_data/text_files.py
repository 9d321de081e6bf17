"""Text files of series: their encoding, and pairs of a training and a test file."""

from dataclasses import dataclass, replace
from pathlib import Path

from evaluators.datasets.class_folders import part_of
from evaluators.datasets.own_data.series import LabelledSeries
from evaluators.datasets.reading import ambiguous
from prototypenas.errors import DatasetError

SEPARATORS = "_- ."


@dataclass(frozen=True)
class FilePair:
    """The files of one problem."""

    name: str
    train: Path
    test: Path | None
    val: Path | None = None

    @property
    def parts(self) -> dict[str, Path]:
        """Files by part, those that are there."""
        found = {"train": self.train, "val": self.val, "test": self.test}
        return {part: path for part, path in found.items() if path is not None}


def read_text(path: Path) -> str:
    """Read a text file: UTF-8 with or without a mark, UTF-16 with one, else Latin-1.

    Raises:
        DatasetError: if it is empty or holds zero bytes, as no text does.
    """
    content = path.read_bytes()
    if not content.strip():
        raise DatasetError(f"{path} is empty")
    return decoded(content, path)


def decoded(content: bytes, path: Path) -> str:
    """Decode text as `read_text` does."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content:
        raise DatasetError(f"{path} is no text file: it holds zero bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def file_pairs(folder: Path, suffixes: frozenset[str]) -> list[FilePair]:
    """Return every `<name>_TRAIN` of a folder with its `_TEST` and `_VAL`, in any case, sorted by name."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in suffixes and path.is_file() and not path.name.startswith("."):
            name, part = _name_and_part(path)
            if part:
                found.setdefault(name, {})[part] = path
    return [
        FilePair(name or folder.resolve().name, parts["train"], parts.get("test"), parts.get("val"))
        for name, parts in found.items()
        if "train" in parts
    ]


def the_one_problem(path: Path, suffixes: frozenset[str]) -> FilePair:
    """Return the problem that a path names: a folder with one, one of a problem's files, or a file by itself.

    Raises:
        DatasetError: if a folder holds several.
    """
    folder = path if path.is_dir() else path.parent
    pairs = file_pairs(folder, frozenset({path.suffix.lower()}) if path.is_file() else suffixes)
    if path.is_file():
        own = [pair for pair in pairs if path in pair.parts.values() and len(pair.parts) > 1]
        return own[0] if own else FilePair(path.stem, path, None)
    if len(pairs) > 1:
        readings = {f"--data {pair.train}": f"the problem {pair.name}" for pair in pairs[:8]}
        raise ambiguous(f"{path}, which holds {len(pairs)} problems,", readings)
    return pairs[0]


def joined(train: LabelledSeries, test: LabelledSeries) -> LabelledSeries:
    """Put a training and a test file together; groups keep apart between the two."""
    groups = None
    if train.groups is not None and test.groups is not None:
        groups = (*(f"train {group}" for group in train.groups), *(f"test {group}" for group in test.groups))
    return replace(
        train,
        signals=train.signals + test.signals,
        labels=train.labels + test.labels,
        groups=groups,
        parts=("train",) * len(train.labels) + ("test",) * len(test.labels),
        notes=tuple(dict.fromkeys(train.notes + test.notes)),
    )


def _name_and_part(path: Path) -> tuple[str, str | None]:
    """Part a file name into the problem's name and its last or first word, if that is a part."""
    stem = path.stem
    for separator in SEPARATORS:
        head, found, last = stem.rpartition(separator)
        if found and part_of(last):
            return head, part_of(last)
        first, found, tail = stem.partition(separator)
        if found and part_of(first):
            return tail, part_of(first)
    return ("", part_of(stem)) if part_of(stem) else (stem, None)
