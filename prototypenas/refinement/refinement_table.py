"""`refinement.csv` and `refinement.json`: every rung of every candidate, the plan, and what it all amounts to."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from prototypenas.errors import RunDirectoryError
from prototypenas.refinement.halving import Estimate, RungScore
from prototypenas.runs.atomic_files import write_text

RUNGS_FILE = "refinement_rungs.csv"
"""One row a training of a rung, appended as they finish."""
ESTIMATES_FILE = "refinement.csv"
"""One row a candidate; there once the refinement is finished."""


@dataclass(frozen=True)
class Refinement:
    """A finished refinement as its files keep it."""

    estimates: tuple[Estimate, ...]
    rungs: tuple[RungScore, ...]

    def expected(self) -> dict[int, tuple[float, float]]:
        """Return the score expected of each candidate and its standard error, by number."""
        return {one.candidate: (one.score, one.error) for one in self.estimates}


def write_estimates(estimates: Sequence[Estimate], folder: Path) -> None:
    """Write `refinement.csv`, whole or not at all.

    Raises:
        RunDirectoryError: if it cannot be written.
    """
    _write(folder / ESTIMATES_FILE, ("candidate", "rungs", "score", "error"), estimates)


def write_rungs(scores: Sequence[RungScore], folder: Path) -> None:
    """Write `refinement_rungs.csv`, whole or not at all, in order of rung and candidate.

    Raises:
        RunDirectoryError: if it cannot be written.
    """
    ordered = sorted(scores, key=lambda one: (one.rung, one.candidate))
    _write(folder / RUNGS_FILE, tuple(item.name for item in fields(RungScore)), ordered)


def read_rungs(folder: Path) -> tuple[RungScore, ...]:
    """Read the rungs that are finished; none where nothing was begun.

    Raises:
        RunDirectoryError: if the file is damaged.
    """
    kinds: Mapping[str, type[int] | type[float]] = {
        "candidate": int,
        "rung": int,
        "steps": int,
        "loss": float,
        "score": float,
        "held_out": int,
    }
    return tuple(RungScore(**row) for row in _read(folder / RUNGS_FILE, kinds))


def read_refinement(folder: Path) -> Refinement | None:
    """Read a finished refinement; `None` where there is none.

    Raises:
        RunDirectoryError: if a file is damaged.
    """
    if not (folder / ESTIMATES_FILE).exists():
        return None
    kinds: Mapping[str, type[int] | type[float]] = {"candidate": int, "rungs": int, "score": float, "error": float}
    rows = tuple(Estimate(**row) for row in _read(folder / ESTIMATES_FILE, kinds))
    return Refinement(rows, read_rungs(folder))


def _write(path: Path, names: Sequence[str], rows: Sequence[Estimate] | Sequence[RungScore]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([repr(getattr(row, name)) for name in names] for row in rows)
    write_text(path, text.getvalue())


def _read(path: Path, kinds: Mapping[str, type[int] | type[float]]) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            return [{name: kind(row[name]) for name, kind in kinds.items()} for row in csv.DictReader(stream)]
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise RunDirectoryError(f"{path} is damaged ({error}); remove it to refine again") from error
