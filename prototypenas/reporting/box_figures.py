"""Pictures with boxes in a report: of the data, of what a model found, and how precise it is."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from prototypenas.reporting.drawing import COLOURS, HIGHLIGHT, INK, house_style
from prototypenas.reporting.report_data import ModelResult
from prototypenas.runs.dataset_summary import BoxSummary
from prototypenas.runs.detection_results import RECALLS, DetectionResults

COLUMNS = 4
SMALL = 8
"""Input pixels; a box smaller than a cell of the finest level is hard to find."""
TRUTH, FOUND = "#FFFFFF", HIGHLIGHT


def boxes_figure(pictures: NDArray[np.generic], boxes: NDArray[np.float32], classes: Sequence[str]) -> Figure:
    """Draw pictures `(N, C, H, W)` with boxes, rows of picture, class and corners."""
    with house_style():
        figure, panels = _grid(len(pictures))
        for place, (axes, picture) in enumerate(zip(panels, pictures, strict=False)):
            _show(axes, picture)
            for row in boxes[boxes[:, 0] == place]:
                _draw(axes, row[2:], FOUND, text=classes[int(row[1])] if len(classes) > 1 else "")
    return figure


def detections_figure(results: DetectionResults, classes: Sequence[str]) -> Figure:
    """Draw test pictures with the truth dashed and what the int8 model found solid, its score in percent."""
    with house_style():
        figure, panels = _grid(len(results.pictures))
        for place, (axes, picture) in enumerate(zip(panels, results.pictures, strict=False)):
            _show(axes, picture)
            for row in results.truth[results.truth[:, 0] == place]:
                _draw(axes, row[3:], INK, width=3.0)
                _draw(axes, row[3:], TRUTH, dashed=True)
            for row in results.found[results.found[:, 0] == place]:
                name = f"{classes[int(row[1])]} " if len(classes) > 1 else ""
                _draw(axes, row[3:], FOUND, text=f"{name}{100 * row[2]:.0f}")
    return figure


def precision_figure(models: Sequence[ModelResult]) -> Figure:
    """Draw precision over recall of every detector, in float dashed and in int8 solid."""
    with house_style():
        figure = Figure(figsize=(7.0, 4.0), layout="constrained")
        axes = figure.subplots()
        for place, model in enumerate(model for model in models if model.detections is not None):
            assert model.detections is not None
            colour, label = COLOURS[place % len(COLOURS)], f"trial {model.candidate.number}"
            axes.plot(100 * RECALLS, 100 * model.detections.int8_precision, color=colour, label=f"{label}, int8")
            precision = 100 * model.detections.float_precision
            axes.plot(100 * RECALLS, precision, color=colour, linewidth=1.0, linestyle="--", label=f"{label}, float")
        axes.set_xlabel("recall [%]")
        axes.set_ylabel("precision [%]")
        axes.set_xlim(0, 100)
        axes.set_ylim(0, 102)
        axes.legend(loc="lower left")
    return figure


def sizes_figure(boxes: BoxSummary) -> Figure:
    """Draw how large the training boxes are in the network's input."""
    with house_style():
        figure = Figure(figsize=(7.0, 2.6), layout="constrained")
        axes = figure.subplots()
        axes.hist(boxes.sides, bins=40, range=(0, float(boxes.sides.max(initial=1.0))), color=COLOURS[0])
        share = float((boxes.sides < SMALL).mean()) if len(boxes.sides) else 0.0
        axes.axvline(SMALL, color=HIGHLIGHT, linewidth=1.2, label=f"{share:.0%} are below {SMALL} pixels")
        axes.set_xlabel("square root of a box's area [input pixels]")
        axes.set_ylabel("boxes")
        axes.legend()
    return figure


def _grid(count: int) -> tuple[Figure, list[Axes]]:
    rows = -(-count // COLUMNS)
    figure = Figure(figsize=(10.0, 2.5 * rows), layout="constrained")
    panels = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
    for axes in panels:
        axes.set_axis_off()
    return figure, panels


def _show(axes: Axes, picture: NDArray[np.generic]) -> None:
    pixels = np.asarray(picture, np.uint8).transpose(1, 2, 0)
    axes.imshow(np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels, interpolation="nearest")


def _draw(
    axes: Axes,
    corners: NDArray[np.float32],
    colour: str,
    *,
    text: str = "",
    dashed: bool = False,
    width: float = 1.4,
) -> None:
    # Pixels are drawn around whole numbers, boxes lie between them.
    left, top, right, bottom = (float(edge) - 0.5 for edge in corners)
    box = Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=colour, linewidth=width)
    box.set_linestyle("--" if dashed else "-")
    axes.add_patch(box)
    if text:
        tag = {"facecolor": colour, "edgecolor": "none", "pad": 1.0}
        axes.text(left, top, text, color="white", fontsize=6.5, va="bottom", bbox=tag, clip_on=True)
