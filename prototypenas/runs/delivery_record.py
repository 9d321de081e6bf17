"""`delivery.json`: what came of compiling and running a model's C."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.atomic_files import read_json

DELIVERY = "delivery.json"
"""The last file of a delivery that is written."""
C_PROJECT = "c"
"""Folder of the C beside it."""


@dataclass(frozen=True)
class Delivery:
    """What a model's C was found to do and to need."""

    c_score: float | None
    """Score of the compiled C on the whole test set; `None` without a host compiler."""
    test_samples: int = 0
    planned_bytes: Mapping[str, int] = field(default_factory=dict)
    measured_bytes: Mapping[str, int] = field(default_factory=dict)
    """The same parts in the linked ELF file; empty without a cross compiler."""
    emulated_score: float | None = None
    """Score on an emulated core, over `emulated_samples` of the test set."""
    emulated_samples: int = 0
    instructions: int | None = None
    """Of one inference on the emulated core; instructions are not cycles."""
    layer_instructions: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be done here, and which package brings it."""


def read_delivery(directory: Path) -> Delivery:
    """Read a delivery back.

    Raises:
        RunDirectoryError: if the file is corrupt.
    """
    content = read_json(directory / DELIVERY)
    try:
        found = Delivery(**content)
        if not found.measured_bytes.keys() <= found.planned_bytes.keys():
            raise ValueError("measured parts were not planned")
        return replace(found, layer_instructions=tuple(found.layer_instructions), notes=tuple(found.notes))
    except (TypeError, ValueError, AttributeError) as error:
        raise RunDirectoryError(f"{directory / DELIVERY} is damaged ({error}); remove it to deploy again") from error
