"""What stands between a microphone and a network."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from prototypenas.sound.log_mel import LogMel


@dataclass(frozen=True)
class FrontEnd:
    """What stands before a network: the features, and how they were normalised for training."""

    log_mel: LogMel
    mean: float
    """Subtracted from a feature, 0 to 255, before it is divided by `deviation`."""
    deviation: float

    def as_input(self, scale: float, zero_point: int) -> NDArray[np.int8]:
        """Return the int8 input of each of the 256 features, rounded as `quantize_input` does."""
        normalised = (np.arange(256, dtype=np.float32) - np.float32(self.mean)) / np.float32(self.deviation)
        steps = np.rint(normalised / np.float32(scale)) + zero_point
        inputs: NDArray[np.int8] = np.clip(steps, -128, 127).astype(np.int8)
        return inputs


@runtime_checkable
class WithFrontEnd(Protocol):
    """An evaluator, or what it evaluates on, that may see sound; others need not have the property."""

    @property
    def front_end(self) -> FrontEnd | None:
        """What turns sound into the network's input; `None` where the data are no sound."""
