"""Files that are written whole or not at all: a killed process or a full disk leaves the old one."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from prototypenas.errors import RunDirectoryError

DRAFT = ".draft"
"""What a file's name ends with while it is being written."""


@contextmanager
def written_whole(file: Path) -> Iterator[BinaryIO]:
    """Open a draft beside the file; it takes the file's place when the block ends and its bytes are on the disk.

    Raises:
        RunDirectoryError: if it cannot be written; the file is then as it was.
    """
    draft = file.with_name(file.name + DRAFT)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
    except BaseException as error:
        with suppress(OSError):
            draft.unlink()
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            raise RunDirectoryError(f"cannot write {file}: {reason}; nothing already written is lost") from error
        raise


def write_text(file: Path, text: str) -> None:
    """Write a text file.

    Raises:
        RunDirectoryError: if it cannot be written.
    """
    with written_whole(file) as stream:
        stream.write(text.encode())


def write_json(file: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file.

    Raises:
        RunDirectoryError: if it cannot be written.
    """
    write_text(file, json.dumps(content, indent=2) + "\n")


def read_json(file: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        RunDirectoryError: if the file is missing or corrupt; the message says what to do.
    """
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise RunDirectoryError(
            f"{file} cannot be read ({error}); restore it, or start again with another --out"
        ) from error
    if not isinstance(content, dict):
        raise RunDirectoryError(f"{file} holds no JSON object; restore it, or start again with another --out")
    return content


def value_in(content: Mapping[str, Any], name: str, file: Path) -> Any:
    """Return a value of a JSON file that was read.

    Raises:
        RunDirectoryError: if the file lacks it.
    """
    if name not in content:
        raise RunDirectoryError(f"{file} has no {name!r}; remove it to make it again")
    return content[name]


def number_in(content: Mapping[str, Any], name: str, file: Path) -> Any:
    """Return a number of a JSON file that was read.

    Raises:
        RunDirectoryError: if the file lacks it, or holds something else there.
    """
    value = value_in(content, name, file)
    if type(value) not in (int, float):
        raise RunDirectoryError(f"{file} says {name} is {value!r}, not a number; remove it to make it again")
    return value
