"""`prototypenas show`: one configuration of an architecture as a table."""

from typing import Annotated

import typer

from prototypenas.app.settings import PartSettings
from prototypenas.choices import choose
from prototypenas.command_line.measure import ConfigurationText
from prototypenas.command_line.output import Result, console, table_as_json


def show(
    architecture: Annotated[str, typer.Argument(help="Architecture; see `list architectures`.")],
    configuration: ConfigurationText = None,
    input_size: Annotated[str | None, typer.Option("--input", help="CxHxW (3x128x128) or CxT (6x512).")] = None,
    classes: Annotated[int, typer.Option(min=1, max=100_000, help="Number of classes.")] = 10,
    *,
    parts: PartSettings,
) -> Result:
    """Print the groups of a configuration as a table; its reference configuration if none is given."""
    from prototypenas.app.arguments import parse_configuration, parse_input_shape, write_configuration
    from prototypenas.app.catalogue import gather
    from prototypenas.app.networks import check_classes, reference_of, usual_input
    from prototypenas.reporting.architecture_table import describe
    from prototypenas.reporting.console import print_table
    from prototypenas.reporting.listings import block_table

    catalogue = gather(parts.plugin, parts.target_files, parts.latency_tables)
    baseline = choose("architecture", architecture, catalogue.baselines)
    check_classes(catalogue, architecture, classes)
    shown = parse_configuration(architecture, configuration) if configuration else reference_of(architecture)
    shape = parse_input_shape(input_size) if input_size else usual_input(architecture)
    rows = describe(baseline, shown, shape, classes)
    console.print(f"{architecture}: {write_configuration(shown)}")
    table = block_table(rows)
    print_table(console, table)
    return {"architecture": architecture, "configuration": write_configuration(shown), **table_as_json(table)}
