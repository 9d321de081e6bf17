"""A picture of any size in the network's input: scaled to fit, centred, the rest grey."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

PADDING = 114
"""Grey value around the picture, as YOLOv5's."""


@dataclass(frozen=True)
class Letterbox:
    """Where a picture lies in the input."""

    scale: float
    """Input pixels a picture pixel."""
    left: int
    top: int
    width: int
    """Of the picture in the input, in pixels."""
    height: int

    @classmethod
    def of(cls, picture: tuple[int, int], size: tuple[int, int]) -> Self:
        """Fit a picture of `(height, width)` into an input of `(height, width)`."""
        scale = min(size[0] / picture[0], size[1] / picture[1])
        height, width = (max(1, round(side * scale)) for side in picture)
        return cls(scale, (size[1] - width) // 2, (size[0] - height) // 2, width, height)

    def forward(self, boxes: NDArray[np.floating]) -> NDArray[np.float64]:
        """Move corner boxes `(..., 4)` from picture pixels to input pixels."""
        return np.asarray(boxes, np.float64) * self.scale + self._shift()

    def inverse(self, boxes: NDArray[np.floating]) -> NDArray[np.float64]:
        """Move corner boxes `(..., 4)` from input pixels to picture pixels."""
        moved: NDArray[np.float64] = (np.asarray(boxes, np.float64) - self._shift()) / self.scale
        return moved

    def _shift(self) -> NDArray[np.float64]:
        return np.array([self.left, self.top, self.left, self.top], np.float64)
