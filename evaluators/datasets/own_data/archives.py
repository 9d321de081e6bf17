"""Data inside a `.zip` or `.tar`, as they are downloaded."""

import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path

from prototypenas.errors import DatasetError

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


def is_archive(path: Path) -> bool:
    """Whether it is an archive by its name, or a folder with one archive and nothing else to read."""
    return archive_in(path) is not None


def archive_in(path: Path) -> Path | None:
    """Return the archive that a path is or holds alone; `None` where there is none or more than one."""
    if path.is_file():
        return path if path.name.lower().endswith(ARCHIVES) else None
    found = [child for child in path.iterdir() if child.is_file() and child.name.lower().endswith(ARCHIVES)]
    return found[0] if len(found) == 1 else None


@contextmanager
def unpacked(archive: Path) -> Iterator[Path]:
    """Unpack an archive into a temporary folder; give its only content where it has but one.

    Raises:
        DatasetError: if it is damaged, encrypted, or larger than the disk has room for.
    """
    with tempfile.TemporaryDirectory(prefix="prototypenas-") as folder:
        place = Path(folder)
        try:
            _extract(archive, place)
        except _UNREADABLE as error:
            raise DatasetError(f"{archive} cannot be unpacked: {error}") from error
        yield _inner(place)


def stem_of(archive: Path) -> str:
    """Return the name of an archive without its suffixes."""
    suffix = max((suffix for suffix in ARCHIVES if archive.name.lower().endswith(suffix)), key=len)
    return archive.name[: -len(suffix)]


_UNREADABLE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    LZMAError,
    zlib.error,
    RuntimeError,
    NotImplementedError,
    EOFError,
    ValueError,
    KeyError,
)
"""RuntimeError is an encrypted zip, NotImplementedError a compression that Python lacks."""


def _extract(archive: Path, place: Path) -> None:
    if archive.name.lower().endswith(".zip"):
        with zipfile.ZipFile(archive) as content:
            _check_room(archive, sum(member.file_size for member in content.infolist()), place)
            content.extractall(place)
        return
    with tarfile.open(archive) as content:
        _check_room(archive, sum(member.size for member in content), place)
        content.extractall(place, filter="data")


def _check_room(archive: Path, size: int, place: Path) -> None:
    free = shutil.disk_usage(place).free
    if size > 0.9 * free:
        raise DatasetError(
            f"{archive} unpacks to {size:,} bytes, {place.parent} has {free:,} left; unpack it elsewhere"
        )


def _inner(place: Path) -> Path:
    while True:
        inside = [child for child in place.iterdir() if not child.name.startswith((".", "__MACOSX"))]
        if len(inside) != 1:
            return place
        place = inside[0]
        if place.is_file():
            return place
