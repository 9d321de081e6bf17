"""Tables without names of columns that hold attributes, each of its own kind, and no steps of a signal."""

import numpy as np
from numpy.typing import NDArray

LEAST_ROWS = 10
"""Fewer rows say nothing of how columns go together."""
UNORDERED = 0.25
"""Neighbouring steps of a signal go together more than this: the mean correlation of neighbouring columns."""
ORDERED = 0.75
"""Columns whose neighbours go together so well are steps, whatever their scales."""
MOST_SCALES = 100.0
"""Ratio of the largest standard deviation of a column to the least, beyond which scales tell of attributes."""


def are_attributes(values: NDArray[np.float32]) -> bool:
    """Whether the columns of `(rows, columns)` rather are attributes than steps of a series.

    Steps follow each other: neighbours correlate over the rows, and are of one scale. Gaps are left out.
    """
    whole = values[np.isfinite(values).all(axis=1)].astype(np.float64)
    deviations = whole.std(axis=0) if len(whole) >= LEAST_ROWS else np.zeros(0)
    varying = deviations > 0
    if varying.sum() < 2:
        return False
    together = float(np.diagonal(np.corrcoef(whole[:, varying].T), 1).mean())
    scales = float(deviations[varying].max() / deviations[varying].min())
    return together < UNORDERED or (together < ORDERED and scales > MOST_SCALES)
