"""What another preset would have chosen from the candidates of a run."""

from dataclasses import dataclass
from pathlib import Path

from prototypenas.runs.atomic_files import read_json, write_json
from prototypenas.runs.records import plain, record_of

OTHER_CHOICE_FILE = "other_preset.json"


@dataclass(frozen=True)
class OtherChoice:
    """The choice of another preset, of candidates that it did not search for itself."""

    preset: str
    chosen: tuple[int, ...]
    """Numbers of the candidates, in order of FLOPs."""
    scored: int
    """Candidates that were scored by its proxies."""
    explored: int
    """Candidates that there were in all."""


def write_other_choice(choice: OtherChoice, run: Path) -> None:
    """Write the record, whole or not at all.

    Raises:
        RunDirectoryError: if the disk is full.
    """
    write_json(run / OTHER_CHOICE_FILE, plain(choice))


def read_other_choice(run: Path) -> OtherChoice | None:
    """Read the record back; `None` where there is none.

    Raises:
        RunDirectoryError: if it is damaged.
    """
    file = run / OTHER_CHOICE_FILE
    return record_of(OtherChoice, read_json(file), str(file)) if file.exists() else None
