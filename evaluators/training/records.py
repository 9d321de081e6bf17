"""What each epoch and each pruning step leaves in tables."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from prototypenas.compression.layer_noise import LayerNoise
from prototypenas.runs.atomic_files import write_text


@dataclass(frozen=True)
class EpochRecord:
    """One row of `history.csv`."""

    phase: str
    """`train`, or `quantize` for quantization-aware epochs."""
    epoch: int
    """Counted from 1 within the phase."""
    train_loss: float
    train_score: float | None
    """Share of the (varied) training samples that was right; `None` where a task has no such share."""
    validation_score: float | None
    """`None` where nothing was held out."""
    learning_rate: float
    """Of the last step."""
    channels: int
    """Sum over the prototype's channel dimensions."""
    parameters: int
    seconds: float


@dataclass(frozen=True)
class PruningRecord:
    """One row of `pruning.csv`: the score on held-out data (or a part of the training data) around one step."""

    epoch: int
    channels_before: int
    channels_after: int
    parameters_after: int
    score_before: float
    score_after: float


def write_rows(records: Sequence[EpochRecord] | Sequence[PruningRecord] | Sequence[LayerNoise], path: Path) -> None:
    """Write records of one kind as CSV, whole or not at all; nothing where there are none."""
    if not records:
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, [item.name for item in fields(records[0])], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(record) for record in records)
    write_text(path, text.getvalue())
