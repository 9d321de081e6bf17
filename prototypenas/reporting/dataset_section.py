"""The data set in a report: a contact sheet or plots of its training samples."""

from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from prototypenas.reporting.drawing import COLOURS, house_style
from prototypenas.runs.dataset_summary import DatasetSummary

TILE = 64
"""Greatest edge of a picture on the contact sheet, in pixels; larger ones are thinned out."""
GAP = 2
COLUMNS = 3
"""Plots of series side by side."""


def samples_figure(summary: DatasetSummary) -> Figure:
    """Draw a row of pictures a class, or a plot of one series a class with a line a channel."""
    with house_style():
        return _contact_sheet(summary) if summary.samples.ndim == 4 else _plots(summary)


def contact_sheet(summary: DatasetSummary) -> NDArray[np.uint8]:
    """Lay pictures out as one, `(H, W, 3)`, a class a row, on white."""
    rows = [[place for place, _ in group] for _, group in _by_class(summary)]
    step = max(1, -(-max(summary.samples.shape[2:]) // TILE))
    pictures = summary.samples[:, :, ::step, ::step].astype(np.uint8).transpose(0, 2, 3, 1)
    height, width = pictures.shape[1] + GAP, pictures.shape[2] + GAP
    sheet = np.full((height * len(rows) - GAP, width * max(map(len, rows)) - GAP, 3), 255, dtype=np.uint8)
    for row, places in enumerate(rows):
        for column, place in enumerate(places):
            top, left = row * height, column * width
            sheet[top : top + height - GAP, left : left + width - GAP] = pictures[place]
    return sheet


def _contact_sheet(summary: DatasetSummary) -> Figure:
    sheet = contact_sheet(summary)
    names = [summary.classes[label] for label, _ in _by_class(summary)]
    step = (sheet.shape[0] + GAP) / len(names)
    figure = Figure(figsize=(9.0, max(1.2, 7.5 * sheet.shape[0] / sheet.shape[1])), layout="constrained")
    axes = figure.subplots()
    axes.imshow(sheet, interpolation="nearest")
    axes.set_yticks([(row + 0.5) * step for row in range(len(names))], names)
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    return figure


def _plots(summary: DatasetSummary) -> Figure:
    shown = list(zip(summary.sample_classes, summary.samples, strict=True))
    lines = -(-len(shown) // COLUMNS)
    figure = Figure(figsize=(10.0, 1.7 * lines + 0.4), layout="constrained")
    panels = figure.subplots(lines, COLUMNS, squeeze=False, sharex=True)
    for axes, (label, series) in zip(panels.flat, shown, strict=False):
        _plot(axes, series, summary.classes[label])
    for axes in list(panels.flat)[len(shown) :]:
        axes.set_visible(False)
    figure.supxlabel("sample")
    return figure


def _plot(axes: Axes, series: NDArray[np.generic], name: str) -> None:
    for channel, values in enumerate(series):
        axes.plot(values, color=COLOURS[channel % len(COLOURS)], linewidth=0.7)
    axes.set_title(name)


def _by_class(summary: DatasetSummary) -> list[tuple[int, list[tuple[int, int]]]]:
    numbered = enumerate(summary.sample_classes)
    return [(label, list(group)) for label, group in groupby(numbered, key=lambda pair: pair[1])]
