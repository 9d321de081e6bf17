"""One chosen model at a time: where its tensors lie while it runs, and how it was trained."""

from collections.abc import Sequence
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
LABEL_HEIGHT = 0.24
"""Height of a written shape as a share of the map: a tensor lower than this carries none."""


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
        axes.set_ylim(0, plan.total_bytes / KB * 1.12)
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


def _name_tensors(axes: Axes, rows: "Sequence[PlanRow]", graph: "Graph", total_bytes: int) -> None:
    """Write the shapes of large tensors into them, the largest first, where no other shape stands yet."""
    taken: list[tuple[float, float]] = []
    width = 0.022 * len(graph.operators)
    for row in sorted(rows, key=lambda row: -_extent(row, graph)):
        spec, height = graph.tensors[row.tensor], _extent(row, graph)
        x, y = (row.first + row.last) / 2, row.offset + height / 2
        free = all(abs(x - left) > width or abs(y - low) > LABEL_HEIGHT * total_bytes for left, low in taken)
        if free and height > LABEL_HEIGHT * total_bytes:
            taken.append((x, y))
            shape = f"{spec.height}x{spec.width}x{spec.channels}"
            shape = shape if row.ring_rows is None else f"{row.ring_rows} rows of {shape}"
            axes.annotate(
                shape, (x, y / KB), ha="center", va="center", fontsize=7.5, rotation=90, color=CELL_INK, zorder=3
            )


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
