"""A form of data: how it is recognised and how it is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from evaluators.datasets.own_data.hints import hint_for
from evaluators.datasets.reading import Reading
from prototypenas.errors import DatasetError

Data = TypeVar("Data")


@dataclass(frozen=True)
class Form(Generic[Data]):
    """One way in which people keep data."""

    description: str
    """What it looks like on the disk, for the message that lists all forms."""
    recognises: Callable[[Path], bool]
    """Whether an existing file or folder is of this form; looks at names, not at content."""
    read: Callable[[Path, Reading], Data]
    """Read it; raises `DatasetError` for what cannot be learnt from."""


def opened(path: Path, forms: Sequence[Form[Data]], reading: Reading) -> Data:
    """Read a path by the first form that recognises it.

    Raises:
        DatasetError: if the path is missing, no form recognises it, or its content cannot be learnt from.
    """
    known = "; ".join(form.description for form in forms)
    if not path.exists():
        raise DatasetError(f"{path} does not exist; own data is {known}")
    try:
        for form in forms:
            if form.recognises(path):
                return form.read(path, reading)
    except OSError as error:
        raise DatasetError(f"{error.filename or path} cannot be read: {error.strerror or error}") from error
    except MemoryError as error:
        raise DatasetError(f"{path} does not fit into memory: {error}") from error
    hint = hint_for(path)
    raise DatasetError(f"{path} holds no data of a known form; {hint or f'own data is {known}'}")
