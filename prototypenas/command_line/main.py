"""The program `prototypenas` and its commands."""

from importlib import metadata
from typing import Annotated

import typer

from prototypenas.command_line.bench import bench
from prototypenas.command_line.command import add_command
from prototypenas.command_line.compare import compare
from prototypenas.command_line.deploy import deploy
from prototypenas.command_line.evaluate import evaluate
from prototypenas.command_line.explore import explore
from prototypenas.command_line.export import export
from prototypenas.command_line.list_parts import list_parts
from prototypenas.command_line.measure import measure
from prototypenas.command_line.output import console
from prototypenas.command_line.predict import predict
from prototypenas.command_line.refine import refine
from prototypenas.command_line.report import report
from prototypenas.command_line.run import run
from prototypenas.command_line.search_proxyless import search_proxyless
from prototypenas.command_line.select import select
from prototypenas.command_line.show import show

app = typer.Typer(
    name="prototypenas",
    help="Find networks that fit a microcontroller, train the few that matter, and get the C.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        console.print(f"prototypenas {metadata.version('prototypenas')}", highlight=False)
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Find networks that fit a microcontroller, train the few that matter, and get the C."""


for command in (run, explore, refine, select, evaluate, deploy, report, predict, compare, export, show, measure, bench):
    add_command(app, command)
add_command(app, list_parts, "list")
add_command(app, search_proxyless, "search-proxyless")
