"""How every figure looks, how labels keep out of each other's way, and how a figure becomes a file."""

import io
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

COLOURS = ("#0072B2", "#A85300", "#00785A", "#A8397A", "#007C91", "#8A6D00", "#5E4FA2", "#666666")
"""Okabe and Ito's hues, darkened until each has a contrast of 4.5 on white; safe for colour-blind readers."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
SIGNS: Mapping[str, str] = dict(zip(MARKERS, "●■▲◆▼✚✖★", strict=True))
"""Each marker as a character, for legends that are text."""
HIGHLIGHT = "#C8102E"
INK, FAINT = "#1F2933", "#C5CDD5"
CELL_INK = "#1B242E"
"""Text on a coloured ground, which a dark page does not turn light."""
DASHES = ("-", "--", "-.", ":")
"""Tells models of one architecture apart, which share a colour."""

STYLE: Mapping[str, Any] = {
    "font.family": "sans-serif",
    "font.size": 10.0,
    "axes.titlesize": 11.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": "#7B8794",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E8ECF0",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.facecolor": "none",
    "svg.hashsalt": "prototypenas",
    "svg.fonttype": "none",
    "savefig.facecolor": "white",
}
"""Matplotlib settings under which every figure is made and saved."""

OFFSETS = ((9, 7), (9, -13), (-9, 7), (-9, -13), (0, 13), (0, -19), (18, 15), (-18, 15), (18, -23), (-18, -23))
"""Places around a point, in points, where its label is tried in turn."""


def house_style() -> AbstractContextManager[None]:
    """Return the context in which figures are made and saved; outside of it Matplotlib's settings stay as they were."""
    settings: Any = dict(STYLE)
    return mpl.rc_context(settings)


def architecture_styles(architectures: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return each architecture its colour and marker, by alphabet, so that runs look alike."""
    names = sorted(set(architectures))
    return {name: (COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]) for i, name in enumerate(names)}


def label_panels(figure: Figure, points: Mapping[Axes, Sequence[tuple[float, float]]], labels: Sequence[str]) -> None:
    """Write labels beside data points of each panel where they cover no other label and no other labelled point.

    The figure is laid out first, once for all panels, because places depend on it.
    """
    figure.draw_without_rendering()
    for axes, places in points.items():
        _label_points(axes, places, labels, figure.dpi / 72.0)


def model_styles(architectures: Mapping[int, str], styles: Mapping[str, tuple[str, str]]) -> dict[int, tuple[str, str]]:
    """Return each model, by number, its architecture's colour and a line style that no other of them has."""
    places: dict[str, int] = {}
    found = {}
    for number, architecture in architectures.items():
        place = places.setdefault(architecture, 0)
        found[number] = (styles[architecture][0], DASHES[place % len(DASHES)])
        places[architecture] += 1
    return found


def svg_text(figure: Figure) -> str:
    """Return a figure as an `<svg>` element with selectable text; equal figures give equal text."""
    stream = io.StringIO()
    with house_style():
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    text = stream.getvalue()
    return text[text.index("<svg") :]


def save_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, 160 dots an inch."""
    with house_style():
        figure.savefig(path, dpi=160, bbox_inches="tight")


def _label_points(axes: Axes, points: Sequence[tuple[float, float]], labels: Sequence[str], scale: float) -> None:
    spots = [axes.transData.transform(point) for point in points]
    taken = [Bbox.from_bounds(x - 7, y - 7, 14, 14) for x, y in spots]
    for (x, y), point, label in zip(spots, points, labels, strict=True):
        boxes = [_label_box(x, y, offset, len(label), scale) for offset in OFFSETS]
        crowding = [_crowding(box, taken, axes.bbox) for box in boxes]
        best = crowding.index(min(crowding))
        taken.append(boxes[best])
        axes.annotate(
            label,
            point,
            xytext=OFFSETS[best],
            textcoords="offset points",
            ha=_alignment(OFFSETS[best]),
            fontsize=8.5,
            fontweight="bold",
            color=HIGHLIGHT,
            zorder=6,
        )


def _label_box(x: float, y: float, offset: tuple[int, int], letters: int, scale: float) -> Bbox:
    width, height = (5.6 * letters + 2) * scale, 11 * scale
    left = x + offset[0] * scale
    if offset[0] < 0:
        left -= width
    elif offset[0] == 0:
        left -= width / 2
    return Bbox.from_bounds(left, y + offset[1] * scale - 2, width, height)


def _alignment(offset: tuple[int, int]) -> str:
    if offset[0] == 0:
        return "center"
    return "left" if offset[0] > 0 else "right"


def _crowding(box: Bbox, taken: Sequence[Bbox], frame: Any) -> float:
    covered = sum(_area(Bbox.intersection(box, other)) for other in taken)
    return covered + (_area(box) - _area(Bbox.intersection(box, frame)))


def _area(box: Bbox | None) -> float:
    return 0.0 if box is None else abs(box.width * box.height)
