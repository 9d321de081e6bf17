"""How accurate each trained model is against what it costs, with the limits of the target."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from prototypenas.reporting.drawing import HIGHLIGHT, INK, architecture_styles, house_style, label_panels
from prototypenas.reporting.page_figure import marks_of
from prototypenas.reporting.report_data import ModelResult
from prototypenas.types import Target, metric_name


@dataclass(frozen=True)
class Resource:
    """Something that a model costs; `of` gives it as it is printed, `None` where it is unknown."""

    name: str
    unit: str
    of: Callable[[ModelResult], float | None]
    limit: float | None


def resources(target: Target | None) -> tuple[Resource, ...]:
    """Return RAM, ROM and latency, with the limits that a target sets for the first two."""
    budget = None if target is None else target.budget
    ram, rom = (None, None) if budget is None else (budget.ram_bytes, budget.rom_bytes)
    return (
        Resource("RAM", "kB", lambda model: _kilobytes(model, "ram_bytes"), None if ram is None else ram / 1e3),
        Resource("ROM", "kB", lambda model: _kilobytes(model, "rom_bytes"), None if rom is None else rom / 1e3),
        Resource("Latency", "ms", lambda model: None if model.latency is None else model.latency.latency_ms, None),
    )


def tradeoff_figures(
    models: Sequence[ModelResult], target: Target | None, architectures: Sequence[str], *, recommended: int | None
) -> Iterator[tuple[Resource, Figure]]:
    """Draw int8 scores against each resource that is known; the recommended model is circled.

    Bars are one standard error of an accuracy over the test samples. Colours are those of all `architectures`.
    """
    trained = [model for model in models if model.evaluation is not None]
    styles = architecture_styles([*architectures, *(one.candidate.configuration.architecture for one in trained)])
    for resource in resources(target):
        priced = [model for model in trained if resource.of(model) is not None]
        if priced:
            with house_style():
                figure = Figure(figsize=(4.4, 3.3), layout="constrained")
                _draw(figure.subplots(), priced, resource, styles, recommended)
                places = [_place(model, resource) for model in priced]
                label_panels(figure, {figure.axes[0]: places}, [str(model.candidate.number) for model in priced])
            yield resource, figure


def _draw(
    axes: Axes,
    models: Sequence[ModelResult],
    resource: Resource,
    styles: dict[str, tuple[str, str]],
    recommended: int | None,
) -> None:
    for model in models:
        colour, marker = styles[model.candidate.configuration.architecture]
        x, y = _place(model, resource)
        error = 0.0 if model.evaluation is None else 100 * model.evaluation.standard_error
        axes.errorbar(x, y, error, fmt="none", ecolor=colour, elinewidth=1.0, capsize=2.5, zorder=2)
        axes.scatter([x], [y], s=46, c=colour, marker=marker, zorder=3).set_gid(marks_of([model.candidate.number]))
        if model.candidate.number == recommended:
            axes.scatter([x], [y], s=170, facecolors="none", edgecolors=HIGHLIGHT, linewidths=2.0, zorder=4)
    axes.set_xscale("log")
    axes.margins(0.18)
    if resource.limit is not None:
        axes.axvline(resource.limit, color=HIGHLIGHT, linewidth=1.4, linestyle=(0, (5, 3)), zorder=1)
        axes.annotate(
            f"limit {resource.limit:,.0f} {resource.unit}",
            (resource.limit, 0.02),
            xycoords=("data", "axes fraction"),
            xytext=(-5, 0),
            textcoords="offset points",
            rotation=90,
            ha="right",
            va="bottom",
            fontsize=8.5,
            color=INK,
        )
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(f"{resource.name} [{resource.unit}]{', estimated' if resource.name == 'Latency' else ''}")
    metric = models[0].evaluation.metric if models[0].evaluation is not None else "score"
    axes.set_ylabel(f"int8 {metric_name(metric)} [%]")


def _place(model: ModelResult, resource: Resource) -> tuple[float, float]:
    cost = resource.of(model)
    assert cost is not None and model.evaluation is not None
    return cost, 100 * model.evaluation.int8_score


def _kilobytes(model: ModelResult, part: str) -> float:
    return float(getattr(model.candidate.cost.footprint, part)) / 1e3
