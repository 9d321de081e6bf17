"""What the training of a model began with, as its folder says."""

from pathlib import Path

from prototypenas.runs.atomic_files import read_json, value_in

START_FILE = "start.json"
"""In a model's folder: which pre-trained network it began with, and how much of it."""


def read_start(directory: Path) -> str | None:
    """Say what a model began with; `None` where that was nothing.

    Raises:
        RunDirectoryError: if the file is corrupt.
    """
    file = directory / START_FILE
    if not file.exists():
        return None
    content = read_json(file)
    name, taken, tensors = (value_in(content, key, file) for key in ("pretrained", "tensors_taken", "tensors"))
    return f"begins with {taken} of {tensors} tensors from pretrained/{name}"
