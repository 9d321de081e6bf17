"""A table as plain text cells."""

from dataclasses import dataclass

ABSENT = "–"
"""What stands where a run has not come to a value yet."""


@dataclass(frozen=True)
class Table:
    """Headers and cells, all as printed; the first `names` columns are text, the others numbers."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1
