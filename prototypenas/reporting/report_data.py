"""What a report is made of: plain parts, filled from a run directory."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from prototypenas.errors import RunDirectoryError
from prototypenas.refinement.refinement_table import Refinement
from prototypenas.runs.class_scores import ClassScores, ReferenceScore
from prototypenas.runs.dataset_summary import DatasetSummary
from prototypenas.runs.delivery_record import Delivery
from prototypenas.runs.detection_results import DetectionResults
from prototypenas.runs.other_choice import OtherChoice
from prototypenas.selection import Selection
from prototypenas.types import Evaluation, Explored, Scored, Target

if TYPE_CHECKING:
    # PyTorch comes with them, which a run without trained models does not need to be reported.
    from prototypenas.costing.latency import LatencyEstimate
    from prototypenas.costing.memory_plan import MemoryPlan
    from prototypenas.graph.graph import IntegerGraph

TextRows = tuple[tuple[str, str], ...]
"""A name and its value as it is printed, one pair a row."""


@dataclass(frozen=True)
class Epoch:
    """One row of a model's `history.csv`; `None` where a value was not recorded."""

    phase: str
    epoch: int
    train_loss: float | None
    train_score: float | None
    validation_score: float | None
    parameters: int | None


@dataclass(frozen=True)
class SizeComparison:
    """One part of the deployed model: bytes as planned and as found in the linked file."""

    part: str
    planned_bytes: int
    measured_bytes: int


@dataclass(frozen=True)
class ModelResult:
    """All that is known of one chosen model; what a run has not come to yet is `None` or empty."""

    candidate: Scored
    evaluation: Evaluation | None = None
    delivery: Delivery | None = None
    graph: "IntegerGraph | None" = None
    plan: "MemoryPlan | None" = None
    """Drawn only together with `graph`."""
    history: tuple[Epoch, ...] = ()
    detections: DetectionResults | None = None
    """What a detector found in some test pictures; `None` for a classifier."""
    by_class: ClassScores | None = None
    """Of the int8 network on the test data; `None` where it is no classifier."""
    latency: "LatencyEstimate | None" = None
    """For the target; `None` too where no published timing calibrates its core."""

    @property
    def c_score(self) -> float | None:
        """Of the compiled C on the test data, in `[0, 1]`."""
        return None if self.delivery is None else self.delivery.c_score

    @property
    def sizes(self) -> tuple[SizeComparison, ...]:
        """What was found in the linked file, beside the plan."""
        if self.delivery is None:
            return ()
        planned = self.delivery.planned_bytes
        return tuple(SizeComparison(part, planned[part], size) for part, size in self.delivery.measured_bytes.items())


@dataclass(frozen=True)
class ReportData:
    """One run, ready to be written."""

    title: str
    arguments: TextRows
    """What was asked, the probe's settings included: a score means nothing without them."""
    statistics: TextRows
    """How the exploration went: time, candidates per second and the like; counts come from `candidates`."""
    candidates: tuple[Explored, ...]
    selection: Selection
    models: tuple[ModelResult, ...]
    """One for each chosen candidate, in order of FLOPs."""
    target: Target | None = None
    importance: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Objective to parameter to its share of importance."""
    refinement: Refinement | None = None
    """Short trainings that the selection went by, where there were any."""
    other: OtherChoice | None = None
    """What another preset would have chosen, where that was asked."""
    references: tuple[ReferenceScore, ...] = ()
    """Simple classifiers on the same split."""
    dataset: DatasetSummary | None = None
    """What the models were trained on, once they were."""
    next_steps: TextRows = ()
    """What the reader may do with the recommended model: what a line is about, and a path or a command."""


def read_history(path: Path) -> tuple[Epoch, ...]:
    """Read a `history.csv`; no file, or one without rows, gives no epochs, and an empty cell `None`.

    Raises:
        RunDirectoryError: if the file is damaged.
    """
    if not path.is_file():
        return ()
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            return tuple(_epoch(row, place) for place, row in enumerate(csv.DictReader(stream), start=1))
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise RunDirectoryError(f"{path} is damaged ({error}); remove it to report without it") from error


def _epoch(row: Mapping[str, str | None], place: int) -> Epoch:
    epoch, parameters = _number(row.get("epoch")), _number(row.get("parameters"))
    return Epoch(
        phase=row.get("phase") or "train",
        epoch=place if epoch is None else int(epoch),
        train_loss=_number(row.get("train_loss")),
        train_score=_number(row.get("train_score")),
        validation_score=_number(row.get("validation_score")),
        parameters=None if parameters is None else int(parameters),
    )


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
