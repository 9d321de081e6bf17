"""Which class a classifier takes for which, drawn."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from prototypenas.reporting.drawing import CELL_INK, house_style
from prototypenas.reporting.report_data import ModelResult

MOST_NAMED = 30
"""Classes whose names fit along an axis of the confusion matrix."""
MOST_COUNTED = 15
"""Classes whose counts fit into its cells."""


def confusion_figure(model: ModelResult, classes: Sequence[str]) -> Figure:
    """Draw the shares of each true class (row) that are taken for each class (column)."""
    assert model.by_class is not None
    counts = np.asarray(model.by_class.confusion)
    side = float(np.clip(0.42 * len(classes) + 1.8, 4.0, 9.5))
    with house_style():
        figure = Figure(figsize=(side + 1.0, side), layout="constrained")
        axes = figure.subplots()
        shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
        image = axes.imshow(100 * shares, vmin=0, vmax=100, cmap="Blues")
        figure.colorbar(image, ax=axes, label="share of the true class [%]", shrink=0.8)
        _name_axes(axes, classes)
        if len(classes) <= MOST_COUNTED:
            _write_counts(axes, counts, shares)
    return figure


def _name_axes(axes: Axes, classes: Sequence[str]) -> None:
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.grid(visible=False)
    if len(classes) <= MOST_NAMED:
        axes.set_xticks(range(len(classes)), classes, rotation=90)
        axes.set_yticks(range(len(classes)), classes)


def _write_counts(axes: Axes, counts: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > 0.6 else CELL_INK
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8, color=colour)
