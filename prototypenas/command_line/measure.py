"""`prototypenas measure`: what a network costs on a target."""

from dataclasses import replace
from typing import Annotated

import typer

from prototypenas.app.arguments import CONFIGURATION_FORM
from prototypenas.app.settings import DEFAULT_TARGET, ExecutionName, PartSettings
from prototypenas.choices import choose
from prototypenas.command_line.output import Result, console, cost_as_json

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
    *,
    parts: PartSettings,
) -> Result:
    """Price a network on a target: RAM, ROM, FLOPs, memory plan and an estimate of its latency."""
    from prototypenas.app.arguments import parse_input_shape
    from prototypenas.app.catalogue import gather
    from prototypenas.app.known_targets import EXECUTIONS
    from prototypenas.app.networks import network_to_measure
    from prototypenas.costing.measurement import measure_network
    from prototypenas.reporting.console import print_table
    from prototypenas.reporting.listings import layer_table, measurement_table, plan_table

    catalogue = gather(parts.plugin, parts.target_files)
    goal = replace(choose("target", target, catalogue.targets), execution=choose("execution", execution, EXECUTIONS))
    shape = parse_input_shape(input_size) if input_size else None
    module, shape = network_to_measure(catalogue, network, configuration, shape, classes)
    measured = measure_network(module, shape, goal)
    print_table(console, measurement_table(measured, goal))
    if layers:
        print_table(console, layer_table(measured))
    if plan:
        print_table(console, plan_table(measured))
    fits = all(excess <= 0 for excess in measured.violations.values())
    return {"network": network, "target": target, "fits": fits, **cost_as_json(measured.cost)}
