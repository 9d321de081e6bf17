"""A search on disk: all that the next epoch depends on, and the tables that people read."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from evaluators.training.checkpoints import load_whole, save_whole
from prototypenas.errors import RunDirectoryError
from prototypenas.runs.atomic_files import write_text

STATE = "search.pt"
"""In the folder of a search."""
HISTORY = "history.csv"
ALPHA = "alpha.csv"


@dataclass(frozen=True)
class SearchRecord:
    """One epoch."""

    epoch: int
    """Counted from 1 over warm-up and joint epochs."""
    phase: str
    """`warm-up` or `joint`."""
    loss: float
    """Mean over the weight steps, label smoothing included."""
    held_out_loss: float | None
    """Mean cross-entropy over the architecture steps; `None` where there were none."""
    expected_cost: float
    """Of a network drawn by the probabilities: milliseconds, or multiply-accumulates."""
    derived_cost: float
    """Of the network of the most probable choices."""
    entropy: float
    """Mean over the edges, in nats."""
    processor_seconds: float


@dataclass(frozen=True)
class AlphaRecord:
    """How probable one choice was after one epoch."""

    epoch: int
    edge: int
    choice: str
    probability: float


@dataclass(frozen=True)
class SearchState:
    """A search between two epochs; random numbers but those of the paths follow from seed and epoch."""

    fingerprint: str
    network: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, Any] = field(default_factory=dict)
    """State of the weights' optimizer."""
    architecture: Mapping[str, Any] = field(default_factory=dict)
    """State of the architecture parameters' optimizer."""
    paths: Any = None
    """State of the generator that paths are drawn from."""
    history: tuple[SearchRecord, ...] = ()
    alphas: tuple[AlphaRecord, ...] = ()

    @property
    def epochs(self) -> int:
        """Number of finished epochs."""
        return len(self.history)


def save_search(state: SearchState, directory: Path) -> None:
    """Write state and tables, each whole or not at all.

    Raises:
        RunDirectoryError: if the disk is full or read-only.
    """
    content = {item.name: getattr(state, item.name) for item in fields(state)}
    content["history"] = [asdict(record) for record in state.history]
    content["alphas"] = [asdict(record) for record in state.alphas]
    save_whole(content, directory / STATE)
    write_tables(state, directory)


def load_search(directory: Path, fingerprint: str) -> SearchState:
    """Read a search back; one that has not begun where nothing was saved yet.

    Raises:
        RunDirectoryError: if the file is damaged or belongs to a search with other data or arguments.
    """
    path = directory / STATE
    if not path.exists():
        return SearchState(fingerprint)
    content = load_whole(path)
    if content.get("fingerprint") != fingerprint:
        raise RunDirectoryError(f"{path} was made with other data or arguments; choose another folder or remove it")
    try:
        content["history"] = tuple(SearchRecord(**row) for row in content["history"])
        content["alphas"] = tuple(AlphaRecord(**row) for row in content["alphas"])
        return SearchState(**content)
    except (TypeError, KeyError) as error:
        raise RunDirectoryError(
            f"{path} was written by another version ({error}); remove it to search again"
        ) from error


def write_tables(state: SearchState, directory: Path) -> None:
    """Write `history.csv` and `alpha.csv`."""
    for records, name in ((state.history, HISTORY), (state.alphas, ALPHA)):
        write_text(directory / name, _table(records))


def _table(records: Sequence[SearchRecord] | Sequence[AlphaRecord]) -> str:
    text = io.StringIO()
    rows: Iterable[dict[str, Any]] = (asdict(record) for record in records)
    names = [item.name for item in fields(records[0])] if records else []
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
