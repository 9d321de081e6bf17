"""`prototypenas measure`: what a network costs on a target."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prototypenas.app.arguments import CONFIGURATION_FORM
from prototypenas.app.settings import DEFAULT_TARGET, ExecutionName, PartSettings
from prototypenas.choices import choose
from prototypenas.command_line.output import Result, console, cost_as_json
from prototypenas.errors import ConfigurationError

if TYPE_CHECKING:
    from prototypenas.costing.measurement import Measurement

DRAWN = (".svg", ".png")
"""Suffixes of the files that a drawing is written into."""

ConfigurationText = Annotated[
    str | None, typer.Option("--configuration", help=f"'{CONFIGURATION_FORM}'; the reference one if not given.")
]


def measure(
    network: Annotated[
        str, typer.Argument(help="Published network, architecture, file.pt2, or module:function.", metavar="NETWORK")
    ],
    target: Annotated[str, typer.Option("--target", help="Microcontroller; see `list targets`.")] = DEFAULT_TARGET,
    configuration: ConfigurationText = None,
    input_size: Annotated[
        str | None, typer.Option("--input", help="CxHxW or CxT; the network's own if not given.")
    ] = None,
    classes: Annotated[int | None, typer.Option(min=1, max=100_000, help="Number of classes.")] = None,
    execution: ExecutionName = "auto",
    layers: Annotated[bool, typer.Option("--layers", help="Also print every layer.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Also print the memory plan.")] = False,
    plan_figure: Annotated[
        Path | None,
        typer.Option("--plan-figure", help="Draw the memory plan over time into this file, .svg or .png."),
    ] = None,
    *,
    parts: PartSettings,
) -> Result:
    """Price a network on a target: RAM, ROM, FLOPs, memory plan and an estimate of its latency."""
    if plan_figure is not None:
        _check_drawn(plan_figure)
    from prototypenas.app.arguments import parse_input_shape
    from prototypenas.app.catalogue import gather
    from prototypenas.app.known_targets import EXECUTIONS
    from prototypenas.app.networks import network_to_measure
    from prototypenas.costing.measurement import measure_network
    from prototypenas.reporting.console import print_table
    from prototypenas.reporting.listings import layer_table, measurement_table, plan_table

    catalogue = gather(parts.plugin, parts.target_files, parts.latency_tables)
    goal = replace(choose("target", target, catalogue.targets), execution=choose("execution", execution, EXECUTIONS))
    shape = parse_input_shape(input_size) if input_size else None
    module, shape = network_to_measure(catalogue, network, configuration, shape, classes)
    measured = measure_network(module, shape, goal)
    print_table(console, measurement_table(measured, goal))
    if layers:
        print_table(console, layer_table(measured))
    if plan:
        print_table(console, plan_table(measured))
    if plan_figure is not None:
        _draw_plan(measured, plan_figure)
    fits = all(excess <= 0 for excess in measured.violations.values())
    return {"network": network, "target": target, "fits": fits, **cost_as_json(measured.cost)}


def _check_drawn(path: Path) -> None:
    """Refuse a file that no drawing could be written into, before anything is measured."""
    if path.suffix not in DRAWN:
        raise ConfigurationError(f"--plan-figure {path}: drawings are written as {' or '.join(DRAWN)}")
    if not path.parent.is_dir():
        raise ConfigurationError(f"--plan-figure {path}: there is no folder {path.parent}")


def _draw_plan(measured: "Measurement", path: Path) -> None:
    from prototypenas.reporting.drawing import save_png, svg_text
    from prototypenas.reporting.model_figures import memory_map_figure

    figure = memory_map_figure(measured.graph, measured.plan)
    if path.suffix == ".png":
        save_png(figure, path)
    else:
        path.write_text(svg_text(figure), encoding="utf-8")
