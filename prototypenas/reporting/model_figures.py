"""One chosen model at a time: where its tensors lie while it runs, and how it was trained."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from prototypenas.reporting.drawing import (
    CELL_INK,
    COLOURS,
    HIGHLIGHT,
    INK,
    architecture_styles,
    house_style,
    model_styles,
)
from prototypenas.reporting.report_data import Epoch, ModelResult
from prototypenas.types import metric_name

if TYPE_CHECKING:
    from prototypenas.costing.memory_plan import MemoryPlan, PlanRow
    from prototypenas.graph.graph import Graph

TINTS = ("#7FB8DA", "#A9D8C5", "#B9B4DC", "#DDB3CC")
KB = 1000.0
HEADROOM = 1.12
"""Height of the memory map over the RAM it shows."""

LETTER_WIDTH, LINE_HEIGHT = 0.0082, 0.055
LETTER_HEIGHT, LINE_WIDTH = 0.026, 0.0135
"""Of written shapes as shares of the memory map, level and upright: a tensor they do not fit in carries none."""


def memory_map_figure(graph: "Graph", plan: "MemoryPlan") -> Figure:
    """Draw the arena over time: operators to the right, addresses upwards, a rectangle a tensor.

    Where two rectangles share bytes at one operator, it writes over the input it reads. Operators on a shaded ground
    are run together, row by row: dotted rectangles are rings that keep a few rows of their tensor.
    """
    rows, steps = plan.rows(graph), len(graph.operators)
    with house_style():
        figure = Figure(figsize=(10.0, 3.6), layout="constrained")
        axes = figure.subplots()
        for place, row in enumerate(rows):
            _draw_tensor(axes, row, graph, TINTS[place % len(TINTS)])
        _name_tensors(axes, rows, graph, plan.total_bytes)
        if plan.scratch_bytes:
            _draw_scratch(axes, plan, steps)
        _draw_bounds(axes, plan)
        _shade_segments(axes, plan)
        axes.set_xlim(-0.5, steps - 0.5)
        axes.set_ylim(0, plan.total_bytes * HEADROOM / KB)
        axes.set_xlabel(f"operator, in order of execution ({steps} in all)")
        axes.set_ylabel("address [kB]")
        axes.grid(visible=False)
        figure.legend(loc="outside lower center", ncols=3)
    return figure


def training_figure(models: Sequence[ModelResult], architectures: Sequence[str]) -> Figure:
    """Draw loss and accuracy over the epochs of all models; quantization-aware epochs follow a dotted line.

    Colours are those of all `architectures`.
    """
    trained = [model for model in models if model.history]
    names = {model.candidate.number: model.candidate.configuration.architecture for model in trained}
    styles = model_styles(names, architecture_styles([*architectures, *names.values()]))
    with house_style():
        figure = Figure(figsize=(10.0, 3.6), layout="constrained")
        loss, accuracy = figure.subplots(1, 2)
        for model in trained:
            number = model.candidate.number
            _draw_history(loss, accuracy, model.history, style=styles[number], label=f"{number} {names[number]}")
        loss.set_title("Training loss")
        accuracy.set_title(f"{_metric(trained)} on held-out data [%]")
        for axes in (loss, accuracy):
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if trained:
            figure.legend(*loss.get_legend_handles_labels(), loc="outside lower center", ncols=min(5, len(trained)))
    return figure


def _metric(models: Sequence[ModelResult]) -> str:
    metric = next((model.evaluation.metric for model in models if model.evaluation), "score")
    shown = metric_name(metric)
    return shown[0].upper() + shown[1:] if shown == metric else shown


def _draw_tensor(axes: Axes, row: "PlanRow", graph: "Graph", tint: str) -> None:
    spec = graph.tensors[row.tensor]
    outer = row.tensor == graph.input or row.tensor in graph.outputs
    box = Rectangle(
        (row.first - 0.5, row.offset / KB),
        row.last - row.first + 1,
        _extent(row, graph) / KB,
        facecolor=COLOURS[1] if outer else tint,
        edgecolor=CELL_INK,
        linewidth=0.7,
        alpha=0.85,
        linestyle=":" if row.ring_rows is not None else "--" if row.pixel_stride != spec.channels else "-",
        zorder=2,
    )
    axes.add_patch(box)


@dataclass(frozen=True)
class _Label:
    """Text in the middle of a tensor's rectangle; all lengths are shares of the map."""

    text: str
    x: float
    y: float
    upright: bool

    @property
    def size(self) -> tuple[float, float]:
        lines = self.text.split("\n")
        letters = max(map(len, lines))
        if self.upright:
            return len(lines) * LINE_WIDTH, letters * LETTER_HEIGHT
        return letters * LETTER_WIDTH, len(lines) * LINE_HEIGHT

    def overlaps(self, other: "_Label") -> bool:
        """Return whether the two texts would run into each other."""
        across, along = ((one + two) / 2 for one, two in zip(self.size, other.size, strict=True))
        return abs(self.x - other.x) < across and abs(self.y - other.y) < along


def _name_tensors(axes: Axes, rows: "Sequence[PlanRow]", graph: "Graph", total_bytes: int) -> None:
    """Write the shapes of tensors into them where they fit and no other stands yet, the largest tensor first."""
    steps, top = len(graph.operators), total_bytes * HEADROOM
    taken: list[_Label] = []
    for row in sorted(rows, key=lambda row: -_extent(row, graph)):
        extent = _extent(row, graph)
        wide, high = (row.last - row.first + 1) / steps, extent / top
        middle = (row.first + row.last + 1) / 2 / steps, (row.offset + extent / 2) / top
        for label in (_Label(_shape_of(row, graph), *middle, upright) for upright in (False, True)):
            if label.size[0] <= wide and label.size[1] <= high and not any(map(label.overlaps, taken)):
                taken.append(label)
                break
    for label in taken:
        axes.annotate(
            label.text,
            (label.x * steps - 0.5, label.y * top / KB),
            ha="center",
            va="center",
            fontsize=7.5,
            rotation=90 if label.upright else 0,
            color=CELL_INK,
            zorder=5,
        )


def _shape_of(row: "PlanRow", graph: "Graph") -> str:
    spec = graph.tensors[row.tensor]
    shape = f"{spec.height}x{spec.width}x{spec.channels}"
    if row.ring_rows is None:
        return shape
    return f"{row.ring_rows} row{'s' if row.ring_rows > 1 else ''} of\n{shape}"


def _extent(row: "PlanRow", graph: "Graph") -> int:
    channels = graph.tensors[row.tensor].channels
    return (row.size // channels - 1) * row.pixel_stride + channels


def _shade_segments(axes: Axes, plan: "MemoryPlan") -> None:
    """Mark the operators that are run row by row."""
    for number, segment in enumerate(plan.segments):
        label = "run row by row" if number == 0 else "_run row by row"
        axes.axvspan(segment.first - 0.5, segment.end - 0.5, color=COLOURS[2], alpha=0.12, linewidth=0, label=label)


def _draw_scratch(axes: Axes, plan: "MemoryPlan", steps: int) -> None:
    box = Rectangle(
        (-0.5, plan.scratch_offset / KB),
        steps,
        plan.scratch_bytes / KB,
        facecolor="#E4E7EB",
        edgecolor="#9AA5B1",
        linewidth=0.5,
        label=f"scratch {plan.scratch_bytes / KB:.1f} kB",
        zorder=1,
    )
    axes.add_patch(box)


def _draw_bounds(axes: Axes, plan: "MemoryPlan") -> None:
    arena = f"arena {plan.arena_bytes / KB:.1f} kB"
    axes.axhline(plan.arena_bytes / KB, color=HIGHLIGHT, linewidth=1.4, label=arena, zorder=4)
    axes.axhline(
        plan.lower_bound_bytes / KB,
        color=INK,
        linewidth=1.0,
        linestyle=(0, (4, 3)),
        label=f"no plan is smaller than {plan.lower_bound_bytes / KB:.1f} kB",
        zorder=4,
    )


def _draw_history(
    loss: Axes, accuracy: Axes, history: tuple[Epoch, ...], *, style: tuple[str, str], label: str
) -> None:
    colour, dashes = style
    # Phases count their epochs from 1 each, so the axis counts rows.
    places = range(1, len(history) + 1)
    losses = [(place, row.train_loss) for place, row in zip(places, history, strict=True) if row.train_loss is not None]
    loss.plot(*_columns(losses), dashes, color=colour, label=label, linewidth=1.6, marker="o", markersize=2.5)
    shares = [
        (place, 100.0 * row.validation_score)
        for place, row in zip(places, history, strict=True)
        if row.validation_score is not None
    ]
    accuracy.plot(*_columns(shares), dashes, color=colour, linewidth=1.6, marker="o", markersize=2.5)
    for place, (before, after) in enumerate(pairwise(history), start=1):
        if before.phase != after.phase:
            for axes in (loss, accuracy):
                axes.axvline(place + 0.5, color=colour, linewidth=0.8, linestyle=":")


def _columns(points: Sequence[tuple[int, float]]) -> tuple[list[int], list[float]]:
    return [x for x, _ in points], [y for _, y in points]
