"""How a user's data are read where its form leaves more than one way open."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from prototypenas.errors import DatasetError
from prototypenas.types import InputShape


@dataclass(frozen=True)
class Reading:
    """What the user decided; `None` or empty leaves it to what the data show."""

    input_shape: InputShape | None = None
    """What the network sees; a shorter length than a series has cuts it into windows."""
    layout: str | None = None
    """Order of an array's axes, kind of a table or of a folder; each form names the ones it knows."""
    label_column: str | None = None
    series_column: str | None = None
    group_column: str | None = None
    ignored_columns: tuple[str, ...] = ()
    """Columns of a table that are neither signal nor label."""
    value_range: tuple[float, float] | None = None
    """The numbers that stand for black and white in an array of pictures."""

    def arguments(self) -> dict[str, object]:
        """Return the decisions that were made, by name, as a run directory records them; the input shape apart."""
        given = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "input_shape"}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items() if value}


def ambiguous(what: str, readings: Mapping[str, str]) -> DatasetError:
    """Return the error of data that can be read in several ways: each option with what it would mean."""
    offers = "; ".join(f"{option}: {meaning}" for option, meaning in readings.items())
    return DatasetError(f"{what} can be read in {len(readings)} ways; choose one with an option: {offers}")


def checked_layout(layout: str | None, allowed: Mapping[str, str], what: str) -> str | None:
    """Return the layout if the form knows it.

    Raises:
        DatasetError: naming those that it knows.
    """
    if layout is None or layout in allowed:
        return layout
    known = "; ".join(f"{name} ({meaning})" for name, meaning in allowed.items())
    raise DatasetError(f"--layout {layout} does not suit {what}; it can be {known}")
