"""The program `prototypenas` and its commands."""

import typer

from prototypenas.command_line.command import add_command
from prototypenas.command_line.deploy import deploy
from prototypenas.command_line.evaluate import evaluate
from prototypenas.command_line.explore import explore
from prototypenas.command_line.list_parts import list_parts
from prototypenas.command_line.measure import measure
from prototypenas.command_line.refine import refine
from prototypenas.command_line.report import report
from prototypenas.command_line.run import run
from prototypenas.command_line.select import select
from prototypenas.command_line.show import show

app = typer.Typer(
    name="prototypenas",
    help="Find networks that fit a microcontroller, train the few that matter, and get the C.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
for command in (run, explore, refine, select, evaluate, deploy, report, show, measure):
    add_command(app, command)
add_command(app, list_parts, "list")
