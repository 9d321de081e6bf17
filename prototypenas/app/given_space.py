"""What is searched, as a user says it from Python."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from prototypenas.app.given_parts import GivenArchitectures
from prototypenas.app.settings import SearchSettings
from prototypenas.errors import ConfigurationError
from prototypenas.reporting.notebook import table_html
from prototypenas.reporting.table import Table

Choices = str | Sequence[float] | float
"""Values as they are typed (`1-3`, `3,5`), or as numbers: several, or one."""


@dataclass(frozen=True)
class Space:
    """Architectures for one kind of input, and the values that are searched of them; the paper's if not given.

    Args:
        architectures: names, functions, or a mapping of names to functions; the task's whole pool if not given.
        input: one sample without its batch, `(C, H, W)` or `(C, T)`.
        classes: how many there are.
        task: `image`, `time-series` or `detection`; seen from the input if not given.
        depths: superblocks of a group, as `1-3` or `(1, 2)`.
        widths: range of the width multiplier, as `0.25-1.0` or `(0.25, 1.0)`.
        kernels: kernel sizes, of those that the architectures offer.
        strides: strides of a group.
        sparsities: range of the pruned shares.
        fix: values that are not searched, as `group1_stride=2`.
    """

    architectures: GivenArchitectures = None
    input: Sequence[int] = (3, 32, 32)
    classes: int = 10
    task: str | None = None
    depths: Choices = ""
    widths: Choices = ""
    kernels: Choices = ""
    strides: Choices = ""
    sparsities: Choices = ""
    fix: str = ""

    def __post_init__(self) -> None:
        if not all(type(size) is int and size > 0 for size in self.input):
            raise ConfigurationError(f"input is {tuple(self.input)}; give (C, H, W) or (C, T) in whole numbers above 0")

    def _repr_html_(self) -> str:
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        rows = tuple((name, str(value)) for name, value in given.items() if value not in (None, ""))
        return table_html(Table(("Space", ""), rows, names=2))

    @property
    def input_size(self) -> str:
        """The input as it is typed: `3x32x32`."""
        return "x".join(str(size) for size in self.input)

    @property
    def searched_for(self) -> str:
        """The task whose pool is searched."""
        return self.task or ("image" if len(self.input) == 3 else "time-series")

    def narrowed(self, settings: SearchSettings) -> SearchSettings:
        """Return the settings with the values that are given here."""
        given = {
            "depths": _typed(self.depths, ","),
            "widths": _typed(self.widths, "-"),
            "kernels": _typed(self.kernels, ","),
            "strides": _typed(self.strides, ","),
            "sparsities": _typed(self.sparsities, "-"),
            "fix": self.fix,
        }
        texts: dict[str, Any] = {name: text for name, text in given.items() if text}
        return replace(settings, **texts)


def _typed(values: Choices, between: str) -> str:
    if isinstance(values, str):
        return values
    return f"{values:g}" if isinstance(values, int | float) else between.join(f"{value:g}" for value in values)
