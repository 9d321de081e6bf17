from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from prototypenas.command_line.command import add_command
from prototypenas.errors import ConfigurationError


@dataclass(frozen=True)
class OvenSettings:
    heat: Annotated[int, typer.Option(min=1, help="Degrees.", rich_help_panel="Oven")] = 180
    trays: Annotated[list[Path], typer.Option("--tray")] = field(default_factory=list)


@pytest.fixture
def program():
    baked = []

    def bake(what: str, minutes: int = 10, *, oven: OvenSettings) -> None:
        """Bake something."""
        if what == "ice":
            raise ConfigurationError("ice cannot be baked")
        baked.append((what, minutes, oven))

    app = typer.Typer()
    add_command(app, bake)
    return app, baked


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["bread"], ("bread", 10, OvenSettings())),
        (["bread", "--heat", "220", "--minutes", "3"], ("bread", 3, OvenSettings(220))),
        (["rolls", "--tray", "a", "--tray", "b"], ("rolls", 10, OvenSettings(trays=[Path("a"), Path("b")]))),
    ],
)
def test_a_class_of_settings_becomes_options(program, arguments, expected):
    app, baked = program
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert baked == [expected]


def test_values_are_checked_and_panels_shown(program):
    app, baked = program
    assert CliRunner().invoke(app, ["bread", "--heat", "0"]).exit_code == 2
    assert not baked
    assert "Oven" in CliRunner().invoke(app, ["--help"]).stdout


def test_our_errors_are_one_line(program):
    result = CliRunner().invoke(program[0], ["ice"])
    assert (result.exit_code, result.stderr) == (2, "error: ice cannot be baked\n")
