"""Training state on disk: whole or not at all."""

import io
import pickle
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch

from evaluators.training.records import EpochRecord, PruningRecord
from prototypenas.errors import RunDirectoryError
from prototypenas.runs.atomic_files import written_whole


@dataclass(frozen=True)
class TrainingState:
    """All that the next epoch depends on; random numbers follow from seed and epoch."""

    fingerprint: str
    """Of data, recipe, schedule, configuration and seed; a state of another run is refused."""
    finished_epochs: int = 0
    kept: Mapping[str, int] = field(default_factory=dict)
    """Channels of each dimension of the network whose weights these are."""
    network: Mapping[str, Any] = field(default_factory=dict)
    optimizer: Mapping[str, Any] = field(default_factory=dict)
    averaged: Mapping[str, Any] | None = None
    best_score: float = -1.0
    history: tuple[EpochRecord, ...] = ()
    pruning: tuple[PruningRecord, ...] = ()


def save_state(state: TrainingState, path: Path) -> None:
    """Write the state beside its place, then move it there."""
    content = {item.name: getattr(state, item.name) for item in fields(state)}
    content["history"] = [asdict(record) for record in state.history]
    content["pruning"] = [asdict(record) for record in state.pruning]
    save_whole(content, path)


def load_state(path: Path, fingerprint: str) -> TrainingState | None:
    """Read a state back; `None` where nothing was saved yet.

    Raises:
        RunDirectoryError: if the file is damaged or belongs to other data or arguments.
    """
    if not path.exists():
        return None
    content = load_whole(path)
    if content.get("fingerprint") != fingerprint:
        raise RunDirectoryError(f"{path} was trained with other data or arguments; choose another folder or remove it")
    try:
        content["history"] = tuple(EpochRecord(**row) for row in content["history"])
        content["pruning"] = tuple(PruningRecord(**row) for row in content["pruning"])
        return TrainingState(**content)
    except TypeError as error:
        reason = f"{path} was written by another version ({error}); remove it to train this model again"
        raise RunDirectoryError(reason) from error


def save_whole(content: Mapping[str, Any], path: Path) -> None:
    """Save tensors and plain values so that a killed process leaves the old file or the new one.

    Raises:
        RunDirectoryError: if the disk is full or read-only.
    """
    # In memory first: on a full disk PyTorch's own writer ends in an error that does not say so.
    buffer = io.BytesIO()
    torch.save(dict(content), buffer)
    with written_whole(path) as stream:
        stream.write(buffer.getbuffer())


def load_whole(path: Path) -> dict[str, Any]:
    """Load what `save_whole` wrote, on the CPU, without running code from the file.

    Raises:
        RunDirectoryError: if the file is damaged, or was removed with its folder.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise RunDirectoryError(f"{path} is not there any more; the same command trains this model again") from error
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError, ValueError, LookupError) as error:
        reason = str(error).partition("\n")[0]
        raise RunDirectoryError(f"{path} is damaged ({reason}); remove it to train this model again") from error
    if not isinstance(content, dict):
        raise RunDirectoryError(f"{path} is no checkpoint; remove it to train this model again")
    return content
