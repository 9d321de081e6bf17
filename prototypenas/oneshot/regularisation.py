"""How the expected cost of a drawn network enters the loss of the architecture parameters."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from torch import Tensor

from prototypenas.choices import choose
from prototypenas.errors import ConfigurationError

LOG_SCALE = 0.2
"""Of the cross-entropy in `mul#log`, as in the published program."""
LOG_EXPONENT = 0.3
"""Of the ratio of logarithms in `mul#log`, as in the published program."""


@dataclass(frozen=True)
class Regularisation:
    """Which network is wanted: one that learns well, at about this cost."""

    reference: float
    """The cost wanted, in the unit of the cost table."""
    weight: float = 0.1
    """λ of `add#linear`, the published default."""
    form: str = "add#linear"
    """`add#linear`: `CE + λ (E - reference) / reference`. `mul#log`: `0.2 CE (log E / log reference)^0.3`."""

    def __post_init__(self) -> None:
        choose("form of the loss", self.form, FORMS)
        if not (math.isfinite(self.reference) and self.reference > 0):
            raise ConfigurationError(f"a cost of {self.reference:g} is wanted; it must be positive")
        if not (math.isfinite(self.weight) and self.weight >= 0):
            raise ConfigurationError(f"the weight of the cost is {self.weight:g}; it must be at least 0")

    def check_logarithm(self, least: float) -> None:
        """Refuse `mul#log` where a logarithm would not be positive.

        Raises:
            ConfigurationError: if the reference or the cheapest network costs at most 1.
        """
        if self.form == "mul#log" and min(self.reference, least) <= 1:
            raise ConfigurationError(
                f"mul#log needs costs above 1: {self.reference:g} is wanted and the least is {least:g}; use add#linear"
            )

    def loss(self, cross_entropy: Tensor, expected: Tensor) -> Tensor:
        """Return the loss that the architecture parameters follow, of the cross-entropy and the expected cost."""
        return FORMS[self.form](cross_entropy, expected, self)


def _add_linear(cross_entropy: Tensor, expected: Tensor, wanted: Regularisation) -> Tensor:
    return cross_entropy + wanted.weight * (expected - wanted.reference) / wanted.reference


def _mul_log(cross_entropy: Tensor, expected: Tensor, wanted: Regularisation) -> Tensor:
    return LOG_SCALE * cross_entropy * (expected.log() / math.log(wanted.reference)) ** LOG_EXPONENT


FORMS: Mapping[str, Callable[[Tensor, Tensor, Regularisation], Tensor]] = MappingProxyType(
    {"add#linear": _add_linear, "mul#log": _mul_log}
)
"""By the names of the published program."""
