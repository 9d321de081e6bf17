"""What tracing a forward pass leaves behind, and `folding` makes a graph of."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from prototypenas.graph.operator import Step
from prototypenas.graph.tensors import Activation, TensorSpec
from prototypenas.types import InputShape


@dataclass(frozen=True, eq=False)
class Normalization(Step):
    """Batch normalisation in evaluation, `y = scale * x + shift`, until `folding` removes it; None without weights."""

    scale: NDArray[np.float64] | None
    shift: NDArray[np.float64] | None


@dataclass(frozen=True, eq=False)
class Rectifier(Step):
    """A clamp until `folding` fuses it into its producer."""

    activation: Activation


@dataclass
class ForwardPass:
    """What one run of a module did, in order; tensor names are operator names."""

    input_shape: InputShape
    tensors: dict[str, TensorSpec] = field(default_factory=dict)
    operators: list[Step] = field(default_factory=list)
    input: str = ""
    outputs: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    """What was left out, as a user is told."""
